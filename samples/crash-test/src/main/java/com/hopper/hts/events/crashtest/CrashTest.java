/*
 * Copyright 2026-present the original author or authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *      https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */
package com.hopper.hts.events.crashtest;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;

import com.hopper.hts.events.test.FakeHopperApi;
import com.hopper.hts.events.test.Fault;
import com.hopper.hts.events.test.ReceivedRequest;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;

import org.springframework.boot.DefaultApplicationArguments;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

/**
 * Three instances of an application book on one PostgreSQL, with an API that fails in
 * every way it knows, while instances are killed and restarted at random. In the end,
 * every event must be where it belongs.
 * <p>
 * {@code --events} (20,000), {@code --kills} (5), {@code --outage} (10s), {@code --seed},
 * and {@code --jdbc-url}, {@code --jdbc-user} and {@code --jdbc-password} to use another
 * PostgreSQL than the embedded one.
 */
public final class CrashTest {

	private static final String TOKEN = "simulator-token";

	private static final int INSTANCES = 3;

	private static final int CONCURRENCY = 50;

	private static final Duration PATIENCE = Duration.ofMinutes(4);

	private final int events;

	private final int kills;

	private final Duration outage;

	private final Random random;

	private final String jdbcUrl;

	private final String jdbcUser;

	private final String jdbcPassword;

	private final JdbcTemplate jdbc;

	private final AtomicIntegerArray accepted;

	private final AtomicLong requests = new AtomicLong();

	private final AtomicLong answersLost = new AtomicLong();

	private final Process[] instances = new Process[INSTANCES];

	private final Path log;

	private int restarts;

	private CrashTest(int events, int kills, Duration outage, long seed, String jdbcUrl, String jdbcUser,
			String jdbcPassword, Path log) {
		this.events = events;
		this.kills = kills;
		this.outage = outage;
		this.random = new Random(seed);
		this.jdbcUrl = jdbcUrl;
		this.jdbcUser = jdbcUser;
		this.jdbcPassword = jdbcPassword;
		this.jdbc = new JdbcTemplate(new DriverManagerDataSource(jdbcUrl, jdbcUser, jdbcPassword));
		this.accepted = new AtomicIntegerArray(events + 1);
		this.log = log;
	}

	/**
	 * Run the test and print the reconciliation. Exits with 1 if it does not add up.
	 * @param args the options
	 * @throws Exception if the test could not be run
	 */
	public static void main(String[] args) throws Exception {
		Report report = run(args);
		System.out.println(report.toMarkdown());
		System.exit(report.isReconciled() ? 0 : 1);
	}

	static Report run(String... args) throws IOException, InterruptedException {
		DefaultApplicationArguments options = new DefaultApplicationArguments(args);
		String url = option(options, "jdbc-url", "");
		if (!url.isEmpty()) {
			return run(options, url, option(options, "jdbc-user", "postgres"), option(options, "jdbc-password", ""));
		}
		try (EmbeddedPostgres postgres = EmbeddedPostgres.builder()
			.setDataDirectory(Files.createTempDirectory("postgres"))
			.start()) {
			return run(options, postgres.getJdbcUrl("postgres", "postgres"), "postgres", "");
		}
	}

	private static Report run(DefaultApplicationArguments options, String url, String user, String password)
			throws IOException, InterruptedException {
		Path log = Path.of(option(options, "log", Files.createTempFile("crash-test", ".log").toString()));
		System.out.println("Log of the instances: " + log);
		return new CrashTest(Integer.parseInt(option(options, "events", "20000")),
				Integer.parseInt(option(options, "kills", "5")),
				Duration.ofSeconds(Long.parseLong(option(options, "outage", "10").replace("s", ""))),
				Long.parseLong(option(options, "seed", "42")), url, user, password, log)
			.run();
	}

	private static String option(DefaultApplicationArguments options, String name, String otherwise) {
		List<String> values = options.getOptionValues(name);
		return (values != null && !values.isEmpty()) ? values.get(0) : otherwise;
	}

	private Report run() throws IOException, InterruptedException {
		this.jdbc.execute("drop table if exists bookings");
		this.jdbc.execute("drop table if exists hopper_event_outbox");
		this.jdbc.execute("drop sequence if exists booking_numbers");
		this.jdbc.execute("create table bookings (number int primary key)");
		this.jdbc.execute("create sequence booking_numbers");
		try (FakeHopperApi api = FakeHopperApi.builder()
			.token(TOKEN)
			.keepRequests(false)
			.onRequest(this::received)
			.start()) {
			faults(api);
			Instant start = Instant.now();
			for (int i = 0; i < INSTANCES; i++) {
				start(i, api);
			}
			havoc(api);
			boolean drained = await(() -> booked() >= this.events && pending() == 0);
			Duration elapsed = Duration.between(start, Instant.now());
			for (Process instance : this.instances) {
				stop(instance);
			}
			if (!drained) {
				System.out.println("Not drained, and no request for " + PATIENCE);
			}
			return reconcile(elapsed);
		}
		finally {
			for (Process instance : this.instances) {
				if (instance != null) {
					instance.destroyForcibly();
				}
			}
		}
	}

	private void faults(FakeHopperApi api) {
		api.failRandomly(0.05, 7, Fault.status(503), Fault.status(503).withRetryAfter("1"), Fault.status(500),
				Fault.reset(), Fault.resetAfterAccepting(), Fault.halfAnswer(), Fault.delay(Duration.ofSeconds(30)),
				Fault.status(429));
	}

	/**
	 * Spread the kills, graceful restarts, a time without a valid token and an outage
	 * over the time it takes to book everything.
	 */
	private void havoc(FakeHopperApi api) throws IOException, InterruptedException {
		for (int kill = 1; kill <= this.kills; kill++) {
			int next = (int) ((long) this.events * kill / (this.kills + 2));
			await(() -> booked() >= next);
			int victim = this.random.nextInt(INSTANCES);
			System.out.printf("%d booked, %d pending: killing instance %d%n", booked(), pending(), victim);
			this.instances[victim].destroyForcibly().waitFor();
			start(victim, api);
			if (kill % 3 == 0) {
				int restarted = (victim + 1) % INSTANCES;
				System.out.printf("%d booked, %d pending: restarting instance %d%n", booked(), pending(), restarted);
				stop(this.instances[restarted]);
				this.restarts++;
				start(restarted, api);
			}
			if (kill % 4 == 2) {
				System.out.printf("%d booked, %d pending: the token is refused%n", booked(), pending());
				api.revokeToken(TOKEN);
				TimeUnit.SECONDS.sleep(3);
				api.acceptToken(TOKEN);
			}
			if (kill == (this.kills + 1) / 2) {
				System.out.printf("%d booked, %d pending: the API is down for %s%n", booked(), pending(), this.outage);
				api.failRandomly(1, 7, Fault.status(503), Fault.reset());
				TimeUnit.MILLISECONDS.sleep(this.outage.toMillis());
				System.out.printf("%d booked, %d pending: the API is back%n", booked(), pending());
				faults(api);
			}
		}
	}

	private void received(ReceivedRequest request) {
		this.requests.incrementAndGet();
		if (request.accepted()) {
			String session = String.valueOf(request.header("HC-Session-ID"));
			this.accepted.incrementAndGet(Integer.parseInt(session.substring(session.indexOf('-') + 1)));
			if (request.status() == 0) {
				this.answersLost.incrementAndGet();
			}
		}
	}

	private void start(int instance, FakeHopperApi api) throws IOException {
		List<String> command = new ArrayList<>(
				List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx256m",
						"-XX:TieredStopAtLevel=1", "-cp", System.getProperty("java.class.path"),
						BookingApplication.class.getName()));
		command.addAll(List.of("--spring.main.web-application-type=none", "--spring.main.keep-alive=true",
				"--spring.main.banner-mode=off", "--spring.application.name=instance-" + instance,
				"--logging.level.root=warn", "--spring.datasource.url=" + this.jdbcUrl,
				"--spring.datasource.username=" + this.jdbcUser, "--spring.datasource.password=" + this.jdbcPassword,
				"--spring.datasource.hikari.maximum-pool-size=20", "--hopper.base-url=" + api.baseUrl(),
				"--hopper.auth.token=" + TOKEN, "--hopper.client.response-timeout=2s", "--hopper.outbox.type=jdbc",
				"--hopper.outbox.jdbc.initialize-schema=always", "--hopper.outbox.jdbc.polling-interval=1s",
				"--hopper.outbox.concurrency=" + CONCURRENCY, "--hopper.outbox.retry.initial-interval=100ms",
				"--hopper.outbox.retry.max-interval=2s", "--hopper.outbox.probe-interval=500ms",
				"--crash-test.events=" + (this.events + 1)));
		this.instances[instance] = new ProcessBuilder(command).redirectErrorStream(true)
			.redirectOutput(ProcessBuilder.Redirect.appendTo(new File(this.log.toString())))
			.start();
	}

	private static void stop(Process instance) throws InterruptedException {
		instance.destroy();
		if (!instance.waitFor(60, TimeUnit.SECONDS)) {
			instance.destroyForcibly();
		}
	}

	private long booked() {
		return number("select case when is_called then last_value else 0 end from booking_numbers");
	}

	private long pending() {
		Boolean exists = this.jdbc.queryForObject("select to_regclass('hopper_event_outbox') is not null",
				Boolean.class);
		return Boolean.TRUE.equals(exists)
				? number("select count(*) from hopper_event_outbox where task_name not like 'dead.%'") : 0;
	}

	private long number(String sql) {
		Long number = this.jdbc.queryForObject(sql, Long.class);
		return (number != null) ? number : 0;
	}

	/**
	 * Wait for as long as the API still receives requests.
	 */
	private boolean await(Condition condition) throws InterruptedException {
		Instant end = Instant.now().plus(PATIENCE);
		long seen = this.requests.get();
		while (!condition.isMet()) {
			if (this.requests.get() != seen) {
				seen = this.requests.get();
				end = Instant.now().plus(PATIENCE);
			}
			if (Instant.now().isAfter(end)) {
				return false;
			}
			TimeUnit.MILLISECONDS.sleep(250);
		}
		return true;
	}

	private Report reconcile(Duration elapsed) {
		Set<Integer> committed = new HashSet<>(
				this.jdbc.queryForList("select number from bookings where number <= " + this.events, Integer.class));
		Set<Integer> dead = new HashSet<>(this.jdbc.query(
				"select convert_from(task_data, 'UTF8')::json ->> 'session_id' from hopper_event_outbox "
						+ "where task_name like 'dead.%'",
				(resultSet, row) -> Integer.valueOf(resultSet.getString(1).substring("session-".length()))));
		long delivered = 0;
		long lost = 0;
		long phantom = 0;
		long deadWrong = 0;
		long duplicates = 0;
		for (int number = 1; number <= this.events; number++) {
			int count = this.accepted.get(number);
			boolean booked = committed.contains(number);
			delivered += (count > 0) ? 1 : 0;
			duplicates += Math.max(count - 1, 0);
			phantom += (count > 0 && !booked) ? 1 : 0;
			lost += (booked && count == 0 && !dead.contains(number)) ? 1 : 0;
			deadWrong += (dead.contains(number) != (booked && Numbers.isRefused(number))) ? 1 : 0;
		}
		long hangs = this.requests.get() / 100;
		return new Report(committed.size(), delivered, lost, phantom, dead.size(), deadWrong, pending(), duplicates,
				this.answersLost.get() + hangs + (long) this.kills * CONCURRENCY, this.requests.get(), this.kills,
				this.restarts, elapsed);
	}

	/**
	 * Something to wait for.
	 */
	private interface Condition {

		boolean isMet();

	}

}
