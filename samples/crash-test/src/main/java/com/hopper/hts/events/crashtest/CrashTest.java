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

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;

import com.hopper.hts.events.test.FakeHopperApi;
import com.hopper.hts.events.test.Fault;
import com.hopper.hts.events.test.ReceivedRequest;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.DefaultApplicationArguments;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.util.Assert;

/**
 * Three instances of an application book, with an API that fails in every way it knows,
 * while instances are killed and restarted at random. In the end, every event must be
 * where it belongs.
 * <p>
 * With {@code --engine=jdbc} (the default) they share one PostgreSQL. With {@code kafka}
 * they share a broker, which is killed and restarted once as well, and no database: an
 * event must arrive if its {@code store} returned, and must not if it was never called.
 * <p>
 * {@code --events} (20,000), {@code --kills} (5), {@code --outage} (10s), {@code --seed},
 * and {@code --jdbc-url}, {@code --jdbc-user} and {@code --jdbc-password} to use another
 * PostgreSQL than the embedded one.
 */
public final class CrashTest {

	private static final String TOKEN = "simulator-token";

	private static final int INSTANCES = 3;

	private static final int CONCURRENCY = 50;

	/**
	 * Milliseconds between two bookings of a thread, where no database slows it down.
	 */
	private static final int PAUSE = 5;

	private static final Duration PATIENCE = Duration.ofMinutes(4);

	private final Engine engine;

	private final int events;

	private final int kills;

	private final Duration outage;

	private final Random random;

	private final AtomicIntegerArray accepted;

	private final AtomicLong requests = new AtomicLong();

	private final AtomicLong answersLost = new AtomicLong();

	private final Process[] instances = new Process[INSTANCES];

	private final Path log;

	private final Path directory;

	private final Journals journals;

	private @Nullable Database database;

	private @Nullable Broker broker;

	private int restarts;

	private int brokerRestarts;

	private CrashTest(DefaultApplicationArguments options) throws IOException {
		this.engine = Engine.of(option(options, "engine", "jdbc"));
		this.events = Integer.parseInt(option(options, "events", "20000"));
		this.kills = Integer.parseInt(option(options, "kills", "5"));
		this.outage = Duration.ofSeconds(Long.parseLong(option(options, "outage", "10").replace("s", "")));
		this.random = new Random(Long.parseLong(option(options, "seed", "42")));
		this.accepted = new AtomicIntegerArray(this.events + 1);
		this.log = Path.of(option(options, "log", Files.createTempFile("crash-test", ".log").toString()));
		this.directory = Files.createTempDirectory("crash-test");
		this.journals = new Journals(this.directory, INSTANCES * BookingApplication.THREADS);
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
		CrashTest test = new CrashTest(options);
		System.out.println("Log of the instances: " + test.log);
		return test.runWithDatabase(options);
	}

	private static String option(DefaultApplicationArguments options, String name, String otherwise) {
		List<String> values = options.getOptionValues(name);
		return (values != null && !values.isEmpty()) ? values.get(0) : otherwise;
	}

	private Report runWithDatabase(DefaultApplicationArguments options) throws IOException, InterruptedException {
		if (!this.engine.usesDatabase()) {
			return runWithBroker();
		}
		String url = option(options, "jdbc-url", "");
		if (!url.isEmpty()) {
			this.database = new Database(url, option(options, "jdbc-user", "postgres"),
					option(options, "jdbc-password", ""), this.events);
			return runWithBroker();
		}
		try (EmbeddedPostgres postgres = EmbeddedPostgres.builder()
			.setDataDirectory(Files.createTempDirectory("postgres"))
			.start()) {
			this.database = new Database(postgres.getJdbcUrl("postgres", "postgres"), "postgres", "", this.events);
			return runWithBroker();
		}
	}

	private Report runWithBroker() throws IOException, InterruptedException {
		if (this.database != null) {
			this.database.prepare();
		}
		if (!this.engine.usesBroker()) {
			return run();
		}
		try (Broker started = Broker.start(this.directory, this.log)) {
			this.broker = started;
			return run();
		}
	}

	private Report run() throws IOException, InterruptedException {
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
			boolean drained = await(() -> bookings().areOver() && pending() == 0);
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
			System.out.printf("%s booked, %s pending: killing instance %s%n", booked(), pending(), victim);
			this.instances[victim].destroyForcibly().waitFor();
			start(victim, api);
			if (kill % 3 == 0) {
				int restarted = (victim + 1) % INSTANCES;
				System.out.printf("%s booked, %s pending: restarting instance %s%n", booked(), pending(), restarted);
				stop(this.instances[restarted]);
				this.restarts++;
				start(restarted, api);
			}
			if (kill % 4 == 2) {
				System.out.printf("%s booked, %s pending: the token is refused%n", booked(), pending());
				api.revokeToken(TOKEN);
				TimeUnit.SECONDS.sleep(3);
				api.acceptToken(TOKEN);
			}
			if (kill == (this.kills + 1) / 2) {
				if (this.broker != null) {
					// Before the outage, in which all that is left may be booked
					restart(this.broker);
				}
				System.out.printf("%s booked, %s pending: the API is down for %s%n", booked(), pending(), this.outage);
				api.failRandomly(1, 7, Fault.status(503), Fault.reset());
				TimeUnit.MILLISECONDS.sleep(this.outage.toMillis());
				System.out.printf("%s booked, %s pending: the API is back%n", booked(), pending());
				faults(api);
			}
		}
	}

	private void received(ReceivedRequest request) {
		this.requests.incrementAndGet();
		if (request.accepted()) {
			this.accepted.incrementAndGet(Numbers.ofSession(String.valueOf(request.header("HC-Session-ID"))));
			if (request.status() == 0) {
				this.answersLost.incrementAndGet();
			}
		}
	}

	/**
	 * Leave the instances, one of which is just about to start, without a broker for
	 * longer than {@code store} waits.
	 */
	private void restart(Broker victim) throws IOException, InterruptedException {
		System.out.printf("%s booked, %s pending: killing the broker%n", booked(), pending());
		victim.kill();
		TimeUnit.SECONDS.sleep(5);
		victim.start();
		this.brokerRestarts++;
		System.out.printf("%s booked, %s pending: the broker is back%n", booked(), pending());
	}

	private void start(int instance, FakeHopperApi api) throws IOException {
		List<String> arguments = new ArrayList<>(List.of(BookingApplication.class.getName(),
				"--spring.main.web-application-type=none", "--spring.main.keep-alive=true",
				"--spring.main.banner-mode=off", "--spring.application.name=instance-" + instance,
				"--logging.level.root=warn", "--hopper.base-url=" + api.baseUrl(), "--hopper.auth.token=" + TOKEN,
				"--hopper.client.response-timeout=5s", "--hopper.outbox.concurrency=" + CONCURRENCY,
				"--hopper.outbox.retry.initial-interval=100ms", "--hopper.outbox.retry.max-interval=2s",
				"--hopper.outbox.probe-interval=500ms", "--hopper.outbox.type=" + this.engine));
		if (this.broker != null) {
			arguments.addAll(this.broker.properties());
		}
		if (this.database != null) {
			arguments.addAll(this.database.properties());
		}
		else {
			arguments.addAll(List.of("--spring.autoconfigure.exclude=" + DataSourceAutoConfiguration.class.getName(),
					"--crash-test.instance=" + instance, "--crash-test.journals=" + this.directory,
					"--crash-test.journal-count=" + INSTANCES * BookingApplication.THREADS,
					"--crash-test.events=" + this.events, "--crash-test.pause=" + PAUSE));
		}
		this.instances[instance] = Processes.start("instance-" + instance, "256m", this.log,
				arguments.toArray(String[]::new));
	}

	private static void stop(Process instance) throws InterruptedException {
		instance.destroy();
		if (!instance.waitFor(60, TimeUnit.SECONDS)) {
			instance.destroyForcibly();
		}
	}

	private Bookings bookings() {
		return (this.database != null) ? this.database : this.journals;
	}

	private long booked() throws IOException {
		return bookings().taken();
	}

	private long pending() throws InterruptedException {
		if (this.broker == null) {
			return (this.database != null) ? this.database.pending() : 0;
		}
		// What is handed over in between is counted twice rather than never
		long rows = (this.database != null) ? this.database.rows() : 0;
		return rows + this.broker.pending();
	}

	private DeadLetters deadLetters() {
		if (this.broker != null) {
			return this.broker.deadLetters();
		}
		return (this.database != null) ? this.database.deadLetters() : new DeadLetters();
	}

	/**
	 * Wait for as long as the API still receives requests.
	 */
	private boolean await(Condition condition) throws IOException, InterruptedException {
		Instant end = Instant.now().plus(PATIENCE);
		long seen = this.requests.get();
		while (!condition.isMet()) {
			for (Process instance : this.instances) {
				Assert.state(instance.isAlive(), () -> "An instance ended by itself, see " + this.log);
			}
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

	private Report reconcile(Duration elapsed) throws IOException, InterruptedException {
		BitSet stored = bookings().stored();
		BitSet unknown = bookings().unknown();
		DeadLetters dead = deadLetters();
		long unknownArrived = 0;
		long delivered = 0;
		long lost = 0;
		long phantom = 0;
		long deadWrong = 0;
		long duplicates = 0;
		for (int number = 1; number <= this.events; number++) {
			int count = this.accepted.get(number);
			boolean isDead = dead.contains(number);
			boolean arrived = count > 0 || isDead;
			boolean mayBeDead = Numbers.isRefused(number) && (stored.get(number) || unknown.get(number));
			boolean mustBeDead = Numbers.isRefused(number) && stored.get(number);
			delivered += (count > 0) ? 1 : 0;
			duplicates += Math.max(count - 1, 0);
			unknownArrived += (unknown.get(number) && arrived) ? 1 : 0;
			phantom += (count > 0 && !stored.get(number) && !unknown.get(number)) ? 1 : 0;
			lost += (stored.get(number) && !arrived) ? 1 : 0;
			deadWrong += (isDead ? !mayBeDead || !dead.isRefused(number) : mustBeDead) ? 1 : 0;
		}
		return new Report(this.engine, stored.cardinality(), unknown.cardinality(), unknownArrived, delivered, lost,
				phantom, dead.count(), deadWrong, dead.duplicates(), pending(), duplicates, explainedDuplicates(),
				this.requests.get(), this.kills, this.restarts, this.brokerRestarts, elapsed);
	}

	private long explainedDuplicates() {
		long hangs = this.requests.get() / 100;
		long handedOver = (long) (this.kills + this.brokerRestarts * INSTANCES) * CONCURRENCY;
		if (!this.engine.usesBroker()) {
			// What was on its way, and as much that had arrived and was not removed yet
			return this.answersLost.get() + hangs + 2 * handedOver;
		}
		// Whoever leaves or joins moves partitions, and what is done but follows a record
		// that is not is read again
		long moves = 2L * (this.kills + this.restarts) + this.brokerRestarts;
		long readAgain = moves * INSTANCES * Broker.CONSUMERS * Broker.BATCH;
		return this.answersLost.get() + hangs + readAgain + (this.engine.usesDatabase() ? handedOver : 0);
	}

	/**
	 * Something to wait for.
	 */
	private interface Condition {

		boolean isMet() throws IOException, InterruptedException;

	}

}
