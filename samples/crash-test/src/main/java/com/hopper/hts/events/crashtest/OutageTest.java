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
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

import com.hopper.hts.events.CustomEvent;
import com.hopper.hts.events.EventNotStoredException;
import com.hopper.hts.events.EventOutbox;
import com.hopper.hts.events.SessionEvent;
import com.hopper.hts.events.http.HopperWebClientCustomizer;
import com.hopper.hts.events.test.FakeHopperApi;
import com.hopper.hts.events.test.Fault;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.DefaultApplicationArguments;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;

/**
 * An application stores events while the API is down, for so long that they pile up, and
 * the API comes back. Measures how much memory what waits takes, and how the API is
 * asked: seldom while it is down, and not by everything at once when it is back.
 * <p>
 * {@code --engine=memory} (the default) or {@code jdbc}, {@code --events} (100,000),
 * {@code --payload} (400 bytes more for each event), {@code --max-events} (10,000, of the
 * engine {@code memory}), {@code --outage} (60s, the least), {@code --probe-interval}
 * (30s), and {@code --jdbc-url}, {@code --jdbc-user} and {@code --jdbc-password} to use
 * another PostgreSQL than the embedded one.
 */
public final class OutageTest {

	private static final String TOKEN = "simulator-token";

	private static final int BATCH = 100;

	private static final int WARM_UP = 5 * BATCH;

	private static final Duration PATIENCE = Duration.ofMinutes(10);

	private final String engine;

	private final int events;

	private final String payload;

	private final int maxEvents;

	private final Duration outage;

	private final String probeInterval;

	private final Traffic traffic;

	private OutageTest(DefaultApplicationArguments options) {
		this.engine = option(options, "engine", "memory");
		this.events = Integer.parseInt(option(options, "events", "100000"));
		this.payload = "x".repeat(Integer.parseInt(option(options, "payload", "400")));
		this.maxEvents = Integer.parseInt(option(options, "max-events", "10000"));
		this.outage = Duration.ofSeconds(Long.parseLong(option(options, "outage", "60s").replace("s", "")));
		this.probeInterval = option(options, "probe-interval", "30s");
		this.traffic = new Traffic(this.events);
	}

	/**
	 * Run the test and print what was measured. Exits with 1 if events were lost.
	 * @param args the options
	 * @throws Exception if the test could not be run
	 */
	public static void main(String[] args) throws Exception {
		OutageReport report = run(args);
		System.out.println(report.toMarkdown());
		System.exit(report.isReconciled() ? 0 : 1);
	}

	static OutageReport run(String... args) throws IOException, InterruptedException {
		DefaultApplicationArguments options = new DefaultApplicationArguments(args);
		OutageTest test = new OutageTest(options);
		if (!test.engine.equals("jdbc")) {
			return test.run((Database) null);
		}
		String url = option(options, "jdbc-url", "");
		if (!url.isEmpty()) {
			return test.run(new Database(url, option(options, "jdbc-user", "postgres"),
					option(options, "jdbc-password", ""), test.events));
		}
		try (EmbeddedPostgres postgres = EmbeddedPostgres.builder()
			.setDataDirectory(Files.createTempDirectory("postgres"))
			.start()) {
			return test.run(new Database(postgres.getJdbcUrl("postgres", "postgres"), "postgres", "", test.events));
		}
	}

	private static String option(DefaultApplicationArguments options, String name, String otherwise) {
		List<String> values = options.getOptionValues(name);
		return (values != null && !values.isEmpty()) ? values.get(0) : otherwise;
	}

	private OutageReport run(@Nullable Database database) throws InterruptedException {
		if (database != null) {
			database.prepare();
		}
		try (FakeHopperApi api = FakeHopperApi.builder()
			.token(TOKEN)
			.customEventType("outage_test")
			.keepRequests(false)
			.onRequest(this.traffic::received)
			.start(); ConfigurableApplicationContext application = start(api, database)) {
			EventOutbox outbox = application.getBean(EventOutbox.class);
			// Whatever is loaded and kept only once, by all connections as well
			store(outbox, this.events + 1, this.events + WARM_UP);
			drain(outbox);
			long heapBefore = heapInUse();
			api.failRandomly(1, 7, Fault.status(503), Fault.reset());
			this.traffic.next();
			Instant begin = Instant.now();
			int stored = store(outbox, 1, this.events / 2);
			long heapHalf = heapInUse();
			stored += store(outbox, this.events / 2 + 1, this.events);
			long heapFull = heapInUse();
			while (Duration.between(begin, Instant.now()).compareTo(this.outage) < 0) {
				TimeUnit.MILLISECONDS.sleep(100);
			}
			Duration lasted = Duration.between(begin, Instant.now());
			long requestsInOutage = this.traffic.next();
			Instant recovery = Instant.now();
			api.recover();
			drain(outbox);
			Duration drained = Duration.between(recovery, Instant.now());
			return new OutageReport(this.engine, this.events, stored, this.traffic.delivered(),
					this.traffic.duplicates(), lasted, requestsInOutage, heapBefore, heapHalf, heapFull, heapInUse(),
					this.traffic.perSecond(), this.traffic.inFlight(), this.traffic.isHerd(), drained);
		}
	}

	private ConfigurableApplicationContext start(FakeHopperApi api, @Nullable Database database) {
		List<String> arguments = new ArrayList<>(List.of("--spring.main.banner-mode=off", "--logging.level.root=error",
				"--hopper.base-url=" + api.baseUrl(), "--hopper.auth.token=" + TOKEN,
				"--hopper.outbox.type=" + this.engine, "--hopper.outbox.probe-interval=" + this.probeInterval,
				"--hopper.outbox.memory.max-events=" + this.maxEvents, "--hopper.outbox.memory.max-bytes=1GB"));
		if (database != null) {
			arguments.addAll(database.properties());
		}
		else {
			arguments.add("--spring.autoconfigure.exclude=" + DataSourceAutoConfiguration.class.getName());
		}
		SpringApplication application = new SpringApplication(Application.class);
		application.setWebApplicationType(WebApplicationType.NONE);
		application.addInitializers((context) -> context.getBeanFactory()
			.registerSingleton("traffic", (HopperWebClientCustomizer) (builder) -> builder.filter(this.traffic)));
		return application.run(arguments.toArray(String[]::new));
	}

	private CustomEvent event() {
		return CustomEvent.occurredAt("outage_test", Instant.now()).withAttribute("text", this.payload);
	}

	/**
	 * Store events.
	 * @return how many the outbox has taken
	 */
	private int store(EventOutbox outbox, int first, int last) {
		int stored = 0;
		for (int number = first; number <= last;) {
			List<SessionEvent> batch = new ArrayList<>();
			for (; batch.size() < BATCH && number <= last; number++) {
				batch.add(SessionEvent.of(Numbers.session(number), event()));
			}
			try {
				outbox.storeAll(batch);
				stored += batch.size();
			}
			catch (EventNotStoredException ex) {
				// Full, which the caller is told
			}
		}
		return stored;
	}

	private static void drain(EventOutbox outbox) {
		if (!outbox.flush(PATIENCE)) {
			throw new IllegalStateException("Not drained after " + PATIENCE);
		}
	}

	/**
	 * Return what is in use after garbage was collected, again and again until that makes
	 * no difference.
	 */
	private static long heapInUse() {
		MemoryMXBean memory = ManagementFactory.getMemoryMXBean();
		long used = Long.MAX_VALUE;
		long before;
		do {
			before = used;
			memory.gc();
			used = memory.getHeapMemoryUsage().getUsed();
		}
		while (before - used > 100_000);
		return used;
	}

	/**
	 * Not a component, which the application of the crash test would find.
	 */
	@EnableAutoConfiguration
	static class Application {

	}

}
