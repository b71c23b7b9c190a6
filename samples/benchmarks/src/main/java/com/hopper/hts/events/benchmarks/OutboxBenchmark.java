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
package com.hopper.hts.events.benchmarks;

import java.sql.Timestamp;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongConsumer;

import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.EventOutbox;
import com.hopper.hts.events.EventPublisher;
import com.hopper.hts.events.EventReceipt;
import com.hopper.hts.events.HopperEvent;
import com.hopper.hts.events.http.HopperWebClientCustomizer;
import com.hopper.hts.events.json.EventCodec;
import com.hopper.hts.events.outbox.EventDeliveryListener;
import com.hopper.hts.events.outbox.StoredEvent;
import reactor.core.publisher.Flux;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.Lifecycle;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.support.TransactionTemplate;
import org.springframework.web.reactive.function.client.ClientRequest;

/**
 * The outbox in the database beside plain JDBC, on the same PostgreSQL and with the same
 * publisher.
 */
final class OutboxBenchmark {

	private static final int BOOKING_THREADS = 16;

	static final int CONCURRENCY = 50;

	private final JdbcTemplate jdbc;

	private final TransactionTemplate transactions;

	private final EventOutbox outbox;

	private final Lifecycle relay;

	/**
	 * What the outbox sends with as well.
	 */
	private final EventPublisher publisher;

	private final Deliveries deliveries;

	private final AtomicLong numbers = new AtomicLong();

	private OutboxBenchmark(ConfigurableApplicationContext context) {
		this.jdbc = context.getBean(JdbcTemplate.class);
		this.transactions = context.getBean(TransactionTemplate.class);
		this.outbox = context.getBean(EventOutbox.class);
		this.relay = context.getBean("hopperOutboxLifecycle", Lifecycle.class);
		this.publisher = context.getBean(EventPublisher.class);
		this.deliveries = context.getBean(Deliveries.class);
	}

	static void run(Options options) throws Exception {
		System.out.printf("%n## The outbox%n");
		try (Api api = Api.start()) {
			String url = options.text("jdbc-url", "");
			if (!url.isEmpty()) {
				run(options, api, url);
			}
			else {
				try (LocalPostgres postgres = LocalPostgres.start()) {
					if (postgres != null) {
						run(options, api, postgres.jdbcUrl());
					}
					else {
						System.out.printf("%nNo PostgreSQL is installed; give one with `--jdbc-url`, or install the "
								+ "package `postgresql`.%n");
					}
				}
			}
			MemoryOutboxBenchmark.run(options, api);
		}
	}

	private static void run(Options options, Api api, String url) throws InterruptedException {
		try (ConfigurableApplicationContext context = application(api, "hopper.outbox.type=jdbc",
				"hopper.outbox.jdbc.initialize-schema=always", "hopper.outbox.shutdown-timeout=100ms",
				"spring.datasource.url=" + url, "spring.datasource.username=" + options.text("jdbc-user", "postgres"),
				"spring.datasource.password=" + options.text("jdbc-password", ""),
				"spring.datasource.hikari.maximum-pool-size=" + (BOOKING_THREADS + CONCURRENCY))) {
			OutboxBenchmark benchmark = new OutboxBenchmark(context);
			int rounds = options.number("outbox-rounds", 3);
			int warmUp = options.number("outbox-warm-up", 4);
			benchmark.prepare();
			benchmark.store(warmUp, rounds, options.number("outbox-millis", 3000));
			benchmark.drain(warmUp, rounds, options.number("drained", 20_000));
			benchmark.latency(options.number("latency-seconds", 10));
			benchmark.backlog(options.numbers("backlogs", "1000,100000,1000000"), options.number("drained", 20_000),
					options.number("backlog-rounds", 2));
		}
	}

	static ConfigurableApplicationContext application(Api api, String... properties) {
		List<String> all = new ArrayList<>(List.of(properties));
		all.addAll(List.of("spring.main.banner-mode=off", "logging.level.root=error",
				"hopper.base-url=" + api.http("/plain"), "hopper.auth.token=benchmark-token",
				"hopper.outbox.concurrency=" + CONCURRENCY));
		return new SpringApplicationBuilder(Application.class).web(WebApplicationType.NONE)
			.properties(all.toArray(String[]::new))
			.run();
	}

	private void prepare() {
		this.relay.stop();
		this.jdbc.execute("drop table if exists bookings, raw_outbox");
		this.jdbc.execute("truncate hopper_event_outbox");
		this.jdbc.execute("create table bookings (number bigint primary key, reference text not null)");
		this.jdbc.execute("create table raw_outbox (id uuid primary key, session_id text, body bytea not null, "
				+ "stored_at timestamptz not null)");
		this.jdbc.execute("create index on raw_outbox (stored_at)");
		System.out.printf(
				"%nPostgreSQL %s, fsync %s, synchronous_commit %s, shared_buffers %s; %s threads that book, %s deliveries "
						+ "at a time, all through the same publisher. The relay is stopped while others store or "
						+ "deliver. The first rounds of each table warm up and are not counted.%n",
				setting("server_version"), setting("fsync"), setting("synchronous_commit"), setting("shared_buffers"),
				BOOKING_THREADS, CONCURRENCY);
	}

	private String setting(String name) {
		return String.valueOf(this.jdbc.queryForObject("show " + name, String.class));
	}

	static BookingConfirmed event(long number) {
		return BookingConfirmed.occurredAt(Instant.now())
			.withCfarContractId("contract-" + number)
			.withDgContractId("2fd8b5bc-77d6-7e1b-8d3a-2e3c4d5e6f70")
			.withCfarOfferIds(List.of("cfar-offer-1", "cfar-offer-2"))
			.withBookingReference("cfar", "ABC123");
	}

	// Storing

	private void store(int warmUp, int rounds, int millis) throws InterruptedException {
		EventCodec codec = new EventCodec(false);
		Map<String, LongConsumer> ways = new LinkedHashMap<>();
		ways.put("booking alone, no event", (number) -> {
		});
		ways.put("one more `insert` with plain JDBC", (number) -> insertRaw(codec, number));
		ways.put("**`EventOutbox.store`**", (number) -> this.outbox.store("session-" + number, event(number)));
		Map<String, List<Double>> rates = new LinkedHashMap<>();
		for (int round = -warmUp; round < rounds; round++) {
			Benchmarks.progress("outbox: storing, round %s of %s".formatted(round + 1, rounds));
			for (Map.Entry<String, LongConsumer> way : ways.entrySet()) {
				double rate = book(way.getValue(), millis);
				if (round >= 0) {
					rates.computeIfAbsent(way.getKey(), (name) -> new ArrayList<>()).add(rate);
				}
			}
			clear();
		}
		print("Bookings per second, one transaction with one booking each", "what is stored with the booking", rates,
				"one more `insert` with plain JDBC");
	}

	private double book(LongConsumer store, int millis) throws InterruptedException {
		LongAdder booked = new LongAdder();
		long start = System.nanoTime();
		long end = start + TimeUnit.MILLISECONDS.toNanos(millis);
		concurrently(BOOKING_THREADS, () -> {
			while (System.nanoTime() < end) {
				long number = this.numbers.incrementAndGet();
				book(number, store);
				booked.increment();
			}
		});
		return booked.sum() / ((System.nanoTime() - start) / 1e9);
	}

	private void book(long number, LongConsumer store) {
		this.transactions.executeWithoutResult((status) -> {
			this.jdbc.update("insert into bookings (number, reference) values (?, ?)", number, "ABC123");
			store.accept(number);
		});
	}

	private void insertRaw(EventCodec codec, long number) {
		this.jdbc.update("insert into raw_outbox (id, session_id, body, stored_at) values (?, ?, ?, ?)",
				UUID.randomUUID(), "session-" + number, codec.prepare("session-" + number, event(number)).body(),
				Timestamp.from(Instant.now()));
	}

	// Draining

	private void drain(int warmUp, int rounds, int events) throws InterruptedException {
		EventCodec codec = new EventCodec(false);
		Map<String, List<Double>> rates = new LinkedHashMap<>();
		for (int round = -warmUp; round < rounds; round++) {
			Benchmarks.progress("outbox: delivering, round %s of %s".formatted(round + 1, rounds));
			Map<String, Double> once = new LinkedHashMap<>();
			once.put("plain JDBC, 100 rows at a time, `for update skip locked`", drainRaw(codec, events));
			once.put("**the outbox**", drainOutbox(events));
			if (round >= 0) {
				once.forEach((name, rate) -> rates.computeIfAbsent(name, (key) -> new ArrayList<>()).add(rate));
			}
			clear();
		}
		print(String.format(Locale.ROOT, "Stored events delivered per second, %,d of them", events), "what delivers",
				rates, "plain JDBC, 100 rows at a time, `for update skip locked`");
	}

	private double drainRaw(EventCodec codec, int events) throws InterruptedException {
		many(events, (number) -> insertRaw(codec, number));
		vacuum("raw_outbox");
		long start = System.nanoTime();
		concurrently(2, () -> {
			boolean more = true;
			while (more) {
				more = Boolean.TRUE.equals(this.transactions.execute((status) -> drainRawBatch()));
			}
		});
		return rate(events, start);
	}

	private boolean drainRawBatch() {
		List<Raw> rows = this.jdbc.query(
				"select id, session_id, body from raw_outbox order by stored_at limit 100 for update skip locked",
				(resultSet, row) -> new Raw(resultSet.getObject(1, UUID.class), resultSet.getString(2),
						EventCodec.decode(resultSet.getBytes(3))));
		Flux.fromIterable(rows)
			.flatMap((row) -> this.publisher.publish(row.sessionId(), row.event()), CONCURRENCY / 2)
			.blockLast();
		if (!rows.isEmpty()) {
			this.jdbc.update("delete from raw_outbox where id = any(?)",
					(Object) rows.stream().map(Raw::id).toArray(UUID[]::new));
		}
		return !rows.isEmpty();
	}

	private double drainOutbox(int events) throws InterruptedException {
		many(events, (number) -> this.outbox.store("session-" + number, event(number)));
		vacuum("hopper_event_outbox");
		this.deliveries.expect(events);
		long start = System.nanoTime();
		this.relay.start();
		this.deliveries.await();
		double rate = rate(events, start);
		this.relay.stop();
		return rate;
	}

	private void many(int events, LongConsumer store) {
		this.transactions.executeWithoutResult((status) -> {
			for (int i = 0; i < events; i++) {
				store.accept(this.numbers.incrementAndGet());
			}
		});
	}

	static double rate(int events, long start) {
		return events / ((System.nanoTime() - start) / 1e9);
	}

	private void vacuum(String table) {
		this.jdbc.execute("vacuum analyze " + table);
	}

	private void clear() {
		this.jdbc.execute("truncate bookings, raw_outbox");
		this.jdbc.execute("truncate hopper_event_outbox");
	}

	// Latency

	private void latency(int seconds) throws InterruptedException {
		System.out.printf("%n### From the commit of a booking to its delivery%n%nTo the answer of the API, and to the "
				+ "commit that removes the event, after which listeners hear of it.%n%n");
		System.out.println("| bookings/s | answered: p50 ms | p99 ms | max ms | removed: p50 ms | p99 ms | max ms |\n"
				+ "| ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
		this.relay.start();
		for (int perSecond : new int[] { 10, 50, 200 }) {
			Benchmarks.progress("outbox: latency, %s bookings per second".formatted(perSecond));
			int events = perSecond * seconds;
			this.deliveries.expect(events);
			Map<String, Long> commits = new HashMap<>();
			long start = System.nanoTime();
			for (int i = 0; i < events; i++) {
				LockSupport.parkNanos(start + i * 1_000_000_000L / perSecond - System.nanoTime());
				String session = "session-" + this.numbers.incrementAndGet();
				book(this.numbers.get(), (number) -> this.outbox.store(session, event(number)));
				commits.put(session, System.nanoTime());
			}
			this.deliveries.await();
			System.out.printf(Locale.ROOT, "| %d | %s | %s |%n", perSecond,
					latencies(commits, this.deliveries.answers()), latencies(commits, this.deliveries.times()));
		}
		this.relay.stop();
		clear();
	}

	private static String latencies(Map<String, Long> commits, Map<String, Long> times) {
		long[] latencies = commits.entrySet()
			.stream()
			// Some are delivered before the thread that booked goes on
			.mapToLong((commit) -> Math.max(0, Objects.requireNonNull(times.get(commit.getKey())) - commit.getValue()))
			.sorted()
			.toArray();
		return String.format(Locale.ROOT, "%.1f | %.1f | %.1f", latencies[latencies.length / 2] / 1e6,
				latencies[(int) (latencies.length * 0.99)] / 1e6, latencies[latencies.length - 1] / 1e6);
	}

	// Backlog

	private void backlog(List<Integer> backlogs, int most, int rounds) throws InterruptedException {
		Map<Integer, List<Double>> rates = new LinkedHashMap<>();
		for (int round = 0; round < rounds; round++) {
			for (int events : backlogs) {
				Benchmarks.progress(
						String.format(Locale.ROOT, "outbox: %,d stored, round %s of %s", events, round + 1, rounds));
				rates.computeIfAbsent(events, (key) -> new ArrayList<>())
					.add(drainBacklog(events, Collections.min(backlogs), most));
			}
			if (round < rounds - 1) {
				clear();
			}
		}
		System.out
			.printf(Locale.ROOT, "%n### With a backlog%n%nThe relay is started, delivers %,d events and is stopped, as "
					+ "often as it takes to deliver %,d. What counts is the time from each start to the last of them.%n%n",
					Collections.min(backlogs), most);
		System.out.printf(Locale.ROOT, "| events stored | delivered per second | × %,d |%n| ---: | ---: | ---: |%n",
				backlogs.get(0));
		rates.forEach((events, values) -> System.out.printf(Locale.ROOT, "| %,d | %s | %.2f |%n", events,
				Statistics.spread("%,.0f", values), Statistics.medianRatio(values, rates.get(backlogs.get(0)))));
		explain();
		clear();
	}

	/**
	 * Deliver as many events as the smallest backlog has each time, so that what a start
	 * takes counts alike.
	 */
	private double drainBacklog(int events, int slice, int most) throws InterruptedException {
		long time = 0;
		int delivered = 0;
		while (delivered < most) {
			if (delivered == 0 || left(slice) < slice) {
				fill(events);
			}
			this.deliveries.expect(slice);
			long start = System.nanoTime();
			this.relay.start();
			this.deliveries.await();
			time += System.nanoTime() - start;
			this.relay.stop();
			delivered += slice;
		}
		return delivered / (time / 1e9);
	}

	private long left(int most) {
		return Objects.requireNonNull(this.jdbc.queryForObject(
				"select count(*) from (select 1 from hopper_event_outbox limit ?) counted", Long.class, most));
	}

	/**
	 * Fill the table up with copies of one stored event that have other ids.
	 */
	private void fill(int events) {
		clear();
		long number = this.numbers.incrementAndGet();
		this.outbox.store("session-" + number, event(number));
		this.jdbc.update("insert into hopper_event_outbox (id, event_type, session_id, state, payload, occurred_at, "
				+ "stored_at, due_at, attempts, version) select cast(overlay(cast(id as text) placing "
				+ "lpad(to_hex(n), 12, '0') from 25) as uuid), event_type, session_id, state, payload, occurred_at, "
				+ "stored_at, due_at + n * interval '1 microsecond', attempts, version "
				+ "from hopper_event_outbox, generate_series(1, ?) n", events - 1);
		vacuum("hopper_event_outbox");
		// Else a million rows would be written to the disk while deliveries are measured
		this.jdbc.execute("checkpoint");
	}

	/**
	 * Explain what is asked of the table: the claim, the count, and what is to be purged.
	 */
	private void explain() {
		vacuum("hopper_event_outbox");
		String now = "(statement_timestamp() at time zone 'UTC')";
		Map<String, String> statements = new LinkedHashMap<>();
		statements
			.put("claim", "with hopper_due (due_id, claimed_before) as (select id, claimed_by from hopper_event_outbox "
					+ "where state = 'PENDING' and due_at <= " + now + " and (claimed_until is null or claimed_until < "
					+ now + ") and not exists (select 1 from hopper_event_outbox p where p.id = "
					+ "'00000000-0000-0000-0000-000000000000') order by due_at, id limit 50 for update skip locked) "
					+ "update hopper_event_outbox set claimed_by = 'explain', claimed_until = " + now
					+ " + interval '30 seconds', version = version + 1 from hopper_due where id = due_id returning id, payload");
		statements.put("count of those who wait",
				"select event_type, count(*), min(cast(id as varchar(36))) from (select event_type, id "
						+ "from hopper_event_outbox where state = 'PENDING' order by due_at "
						+ "fetch first 10000 rows only) counted group by event_type");
		statements.put("count in the background",
				"select event_type, count(*), min(cast(id as varchar(36))) from (select event_type, id "
						+ "from hopper_event_outbox where state = 'PENDING') counted group by event_type");
		statements.put("purge", "select id from hopper_event_outbox where state = 'DELIVERED' and due_at <= " + now
				+ " order by due_at fetch first 1000 rows only");
		System.out.printf(Locale.ROOT, "%nWith %,d events stored:%n",
				this.jdbc.queryForObject("select count(*) from hopper_event_outbox", Long.class));
		statements.forEach((name, sql) -> {
			List<String> plan = this.transactions.execute((status) -> {
				status.setRollbackOnly();
				return this.jdbc.queryForList("explain (analyze, buffers, costs off, timing off) " + sql, String.class);
			});
			System.out.printf("%nThe %s:%n%n```%n%s%n```%n", name, String.join("\n", Objects.requireNonNull(plan)));
		});
	}

	private static void print(String title, String first, Map<String, List<Double>> rates, String baseline) {
		System.out.printf("%n### %s%n%n| %s | per second | × %s |%n| --- | ---: | ---: |%n", title, first, baseline);
		rates.forEach((name, values) -> System.out.printf(Locale.ROOT, "| %s | %s | %.2f |%n", name,
				Statistics.spread("%,.0f", values), Statistics.medianRatio(values, rates.get(baseline))));
	}

	static void concurrently(int threads, Runnable work) throws InterruptedException {
		List<Thread> running = new ArrayList<>();
		for (int i = 0; i < threads; i++) {
			Thread thread = new Thread(work, "benchmark-" + i);
			thread.start();
			running.add(thread);
		}
		for (Thread thread : running) {
			thread.join();
		}
	}

	private record Raw(UUID id, String sessionId, HopperEvent event) {

	}

	/**
	 * Hears of deliveries.
	 */
	static final class Deliveries implements EventDeliveryListener {

		/**
		 * When the API answered, by session.
		 */
		private final Map<String, Long> answers = new ConcurrentHashMap<>();

		/**
		 * When events were removed, by session.
		 */
		private final Map<String, Long> times = new ConcurrentHashMap<>();

		private volatile CountDownLatch expected = new CountDownLatch(0);

		void expect(int deliveries) {
			expect(new CountDownLatch(deliveries));
		}

		void expect(CountDownLatch deliveries) {
			this.answers.clear();
			this.times.clear();
			this.expected = deliveries;
		}

		void await() throws InterruptedException {
			await(this.expected);
		}

		static void await(CountDownLatch expected) throws InterruptedException {
			if (!expected.await(5, TimeUnit.MINUTES)) {
				throw new IllegalStateException(expected.getCount() + " events were not delivered");
			}
		}

		Map<String, Long> answers() {
			return this.answers;
		}

		Map<String, Long> times() {
			return this.times;
		}

		void answered(ClientRequest request) {
			String session = request.headers().getFirst("HC-Session-ID");
			if (session != null) {
				this.answers.put(session, System.nanoTime());
			}
		}

		@Override
		public void delivered(StoredEvent event, EventReceipt receipt) {
			this.times.put(Objects.requireNonNull(event.sessionId()), System.nanoTime());
			this.expected.countDown();
		}

	}

	/**
	 * The application around the outbox.
	 */
	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

		@Bean
		Deliveries deliveries() {
			return new Deliveries();
		}

		@Bean
		HopperWebClientCustomizer answersCustomizer(Deliveries deliveries) {
			return (builder) -> builder
				.filter((request, next) -> next.exchange(request).doOnNext((response) -> deliveries.answered(request)));
		}

	}

}
