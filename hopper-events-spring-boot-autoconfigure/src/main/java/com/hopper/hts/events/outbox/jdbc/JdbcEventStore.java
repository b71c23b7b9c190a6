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
package com.hopper.hts.events.outbox.jdbc;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.PriorityBlockingQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

import com.hopper.hts.events.EventNotStoredException;
import com.hopper.hts.events.observation.HopperMetrics;
import com.hopper.hts.events.http.AttemptFailure;
import com.hopper.hts.events.outbox.DeadLetter;
import com.hopper.hts.events.outbox.DeliveredEvent;
import com.hopper.hts.events.outbox.EventOutboxState;
import com.hopper.hts.events.outbox.EventStore;
import com.hopper.hts.events.outbox.StoredEvent;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.dao.InvalidDataAccessApiUsageException;
import org.springframework.jdbc.core.RowMapper;
import org.springframework.util.function.SingletonSupplier;

/**
 * Keeps events in a table of the application's database, in the transaction of the
 * caller. An event that is claimed belongs to one instance until its lease ends; times
 * are those of the database.
 */
final class JdbcEventStore implements EventStore {

	/**
	 * The due time of rows that are never sent.
	 */
	private static final LocalDateTime NEVER = LocalDateTime.parse("9999-12-31T00:00:00");

	private static final UUID PAUSE = new UUID(0, 0);

	private static final String INSERT = "insert into {table} (id, event_type, session_id, state, payload, "
			+ "occurred_at, stored_at, due_at, attempts, trace, version) values (?, ?, ?, 'PENDING', ?, ?, ?, {now}, 0, ?, 0)";

	private static final String DUE = "where state = 'PENDING' and due_at <= {now} "
			+ "and (claimed_until is null or claimed_until < {now}) "
			+ "and not exists (select 1 from {table} p where p.id = ?) order by due_at, id";

	/**
	 * How many events are counted whenever somebody asks. More are counted in the
	 * background.
	 */
	private static final int COUNTED_AT_ONCE = 10_000;

	private static final int MAX_ERROR = 500;

	private static final int PURGED = 1000;

	/**
	 * How long one poll may purge.
	 */
	private static final long PURGE_NANOS = Duration.ofMillis(100).toNanos();

	private static final int REMEMBERED = 10_000;

	private static final Log logger = LogFactory.getLog(JdbcEventStore.class);

	private final SingletonSupplier<JdbcOutboxTable> table;

	private final SingletonSupplier<String> insertion = SingletonSupplier.of(() -> complete(INSERT));

	private final Duration lease;

	private final Duration pollingInterval;

	private final @Nullable Duration keepDelivered;

	private final @Nullable R2dbcTransactions reactiveTransactions;

	private final Clock clock;

	/**
	 * Whether the clock is the system's. The database's own time is used then.
	 */
	private final boolean real;

	private final String instance = UUID.randomUUID().toString();

	/**
	 * Events that are claimed by this instance.
	 */
	private final Set<UUID> held = ConcurrentHashMap.newKeySet();

	/**
	 * Events that this instance has stored and not claimed yet, or some of them, and how
	 * many claims had begun when they were committed.
	 */
	private final Map<UUID, Long> unclaimed = new ConcurrentHashMap<>();

	private final AtomicLong claims = new AtomicLong();

	/**
	 * When events are due that this instance will send again. Others are found by
	 * polling.
	 */
	private final Queue<Instant> retries = new PriorityBlockingQueue<>();

	private final AtomicBoolean counting = new AtomicBoolean();

	/**
	 * Whether there were too many events to count when somebody last asked.
	 */
	private volatile boolean many;

	private volatile @Nullable Counted counted;

	private volatile DatabaseTime time = new DatabaseTime(LocalDateTime.MIN, 0);

	private long renewedAt = System.nanoTime();

	/**
	 * Whether there may be more to purge.
	 */
	private boolean purging;

	JdbcEventStore(Supplier<JdbcOutboxTable> table, JdbcOutboxProperties properties,
			@Nullable R2dbcTransactions reactiveTransactions, Clock clock, boolean real) {
		// The table is checked at its first use, which may be before the outbox starts
		this.table = SingletonSupplier.of(() -> {
			JdbcOutboxTable created = table.get();
			created.prepare();
			return created;
		});
		this.lease = properties.lease();
		Duration third = this.lease.dividedBy(3);
		// A poll also renews the leases, so it must come well before they end
		this.pollingInterval = (properties.pollingInterval().compareTo(third) < 0) ? properties.pollingInterval()
				: third;
		this.keepDelivered = properties.keepDelivered();
		this.reactiveTransactions = reactiveTransactions;
		this.clock = clock;
		this.real = real;
	}

	@Override
	public String description() {
		return table().description();
	}

	@Override
	public boolean isBlocking() {
		return true;
	}

	@Override
	public boolean isTransactional() {
		return true;
	}

	@Override
	public Duration pollingInterval() {
		return this.pollingInterval;
	}

	@Override
	public void connect(Callback relay) {
		// This engine never calls back
	}

	@Override
	public void open() {
		table();
		if (this.reactiveTransactions != null) {
			// Checked at the start, because it needs connections and the pool is still
			// idle
			this.reactiveTransactions.prove(this::tryOut);
		}
	}

	@Override
	public void closing() {
		// What is left stays in the table, for other instances or the next start
	}

	@Override
	public void close() {
		this.unclaimed.clear();
		this.retries.clear();
		List<UUID> ids = List.copyOf(this.held);
		this.held.clear();
		if (!ids.isEmpty()) {
			own((connection) -> update(connection,
					"set claimed_by = null, claimed_until = null where claimed_by = ? and id in (?)", this.instance,
					ids));
		}
	}

	@Override
	public void append(List<StoredEvent> events) {
		try {
			JdbcTransactions.Work<Boolean> insertion = (connection) -> insert(connection, events);
			table().transactions().write((events.size() > 1) ? undoneIfItFails(insertion) : insertion);
		}
		catch (SQLException | JdbcOutboxException | JdbcTransactions.RefusedException ex) {
			throw notStored(ex);
		}
	}

	@Override
	public Mono<Void> appendReactively(List<StoredEvent> events) {
		Mono<Void> appended = (this.reactiveTransactions == null)
				? Mono
					.error(() -> new JdbcTransactions.RefusedException("the reactive transaction is not one of R2DBC"))
				: Mono.fromCallable(this::insertion)
					.subscribeOn(Schedulers.boundedElastic())
					.flatMap((sql) -> this.reactiveTransactions.write(sql, events.stream().map(this::values).toList(),
							this::tryOut));
		return appended.onErrorMap(this::notStored);
	}

	private EventNotStoredException notStored(Throwable ex) {
		if (ex instanceof JdbcOutboxException) {
			return new EventNotStoredException("The event was not stored because " + ex.getMessage(), ex);
		}
		String what = "The event was not stored " + table().description() + " because ";
		return (ex instanceof SQLException sql)
				? new EventNotStoredException(what + JdbcFailures.reason(sql, true),
						JdbcFailures.withoutValues(sql, true))
				: new EventNotStoredException(what + ((ex instanceof JdbcTransactions.RefusedException)
						? ex.getMessage() : "of " + ex.getClass().getName()), null);
	}

	/**
	 * Return whether a row that JDBC writes is found by a test.
	 */
	private boolean tryOut(R2dbcTransactions.RowTest elsewhere) {
		UUID id = UUID.randomUUID();
		LocalDateTime now = JdbcRow.time(this.clock.instant());
		own((connection) -> execute(connection,
				"insert into {table} (id, event_type, state, payload, stored_at, "
						+ "due_at, attempts, version) values (?, 'trial', 'TRIAL', ?, ?, ?, 0, 0)",
				id, new byte[1], now, NEVER));
		try {
			return elsewhere.finds(complete("select id from {table} where id = ?"), table().dialect().value(id));
		}
		finally {
			own((connection) -> execute(connection, "delete from {table} where id = ?", id));
		}
	}

	/**
	 * Let a failure leave the caller's transaction as it was before.
	 */
	private static <T extends @Nullable Object> JdbcTransactions.Work<T> undoneIfItFails(
			JdbcTransactions.Work<T> work) {
		return (connection) -> {
			Savepoint savepoint = savepoint(connection);
			try {
				return work.execute(connection);
			}
			catch (SQLException ex) {
				if (savepoint != null) {
					connection.rollback(savepoint);
				}
				throw ex;
			}
		};
	}

	private static @Nullable Savepoint savepoint(Connection connection) {
		try {
			return connection.setSavepoint();
		}
		catch (SQLException ex) {
			// Some JTA transactions allow no savepoint: after a failure some of the
			// events may remain stored
			return null;
		}
	}

	/**
	 * Insert one by one. The failure of a batch would show all values.
	 */
	private boolean insert(Connection connection, List<StoredEvent> events) throws SQLException {
		String sql = insertion();
		for (StoredEvent event : events) {
			table().dialect().update(connection, sql, values(event));
		}
		return true;
	}

	private @Nullable Object[] values(StoredEvent event) {
		return new @Nullable Object[] { table().dialect().value(event.id()), event.type(), event.sessionId(),
				event.payload(), JdbcRow.timeIfAny(event.occurredAt()), JdbcRow.time(event.storedAt()),
				event.traceAsJson() };
	}

	@Override
	public void committed(List<StoredEvent> events) {
		if (this.unclaimed.size() < REMEMBERED) {
			long begun = this.claims.get();
			events.forEach((event) -> this.unclaimed.put(event.id(), begun));
		}
	}

	@Override
	public void rolledBack(List<StoredEvent> events) {
		// The database has undone the insert
	}

	@Override
	public List<StoredEvent> claim(int max) {
		Instant now = this.clock.instant();
		this.retries.removeIf((due) -> !due.isAfter(now));
		long number = this.claims.incrementAndGet();
		List<JdbcRow> rows = (table().dialect() == JdbcDialect.POSTGRESQL)
				? guarded(() -> table().transactions().single((connection) -> claimAtOnce(connection, max)))
				: own((connection) -> claim(connection, max));
		if (rows.size() < max) {
			// Nothing more is due, so other instances have claimed the rest, except what
			// was committed meanwhile
			this.unclaimed.values().removeIf((begun) -> begun < number);
		}
		Map<String, Integer> abandoned = new TreeMap<>();
		List<StoredEvent> events = new ArrayList<>();
		for (JdbcRow row : rows) {
			this.unclaimed.remove(row.event().id());
			if (row.claimedBy() != null && !row.claimedBy().equals(this.instance)) {
				abandoned.merge(row.claimedBy(), 1, Integer::sum);
			}
			if (this.held.add(row.event().id())) {
				events.add(row.event());
			}
		}
		abandoned.forEach((other, count) -> logger.info("Instance " + other + " has not been seen for "
				+ this.lease.toSeconds() + " seconds; " + count + " events that it was sending are sent again"));
		return events;
	}

	/**
	 * Claim with one statement. The commit does not wait for the disk: a claim that a
	 * crash of the database undoes is only made again.
	 */
	private List<JdbcRow> claimAtOnce(Connection connection, int max) throws SQLException {
		return query(connection, "with hopper_due (due_id, claimed_before) as ("
				+ table().dialect().claim("id, claimed_by", "{table}", DUE, max)
				+ ") update {table} set claimed_by = ?, claimed_until = {now} + interval '" + this.lease.toMillis()
				+ " milliseconds', version = version + 1 from hopper_due where id = due_id " + "returning "
				+ JdbcRow.COLUMNS.replace("claimed_by", "claimed_before") + ", {now}, "
				+ table().dialect().withoutWaiting(), max, this::claimed, PAUSE, this.instance);
	}

	private List<JdbcRow> claim(Connection connection, int max) throws SQLException {
		JdbcDialect dialect = table().dialect();
		List<JdbcRow> rows = query(connection, dialect.claim(JdbcRow.COLUMNS + ", {now}", "{table}", DUE, max), max,
				this::claimed, PAUSE);
		if (rows.isEmpty()) {
			return rows;
		}
		String change = "set claimed_by = ?, claimed_until = ?, version = version + 1 where ";
		LocalDateTime until = databaseTime().plus(this.lease);
		if (dialect.locksRows()) {
			update(connection, change + "id in (?)", this.instance, until,
					rows.stream().map((row) -> row.event().id()).toList());
			return rows;
		}
		List<JdbcRow> won = new ArrayList<>();
		for (JdbcRow row : rows) {
			if (update(connection, change + "id = ? and version = ?", this.instance, until, row.event().id(),
					row.version()) == 1) {
				won.add(row);
			}
		}
		return won;
	}

	private JdbcRow claimed(ResultSet row, int number) throws SQLException {
		readTime(row, 16);
		return JdbcRow.read(row);
	}

	@Override
	public void tend() {
		long now = System.nanoTime();
		if (now - this.renewedAt >= this.lease.toNanos() / 3) {
			renew();
			this.renewedAt = now;
			this.purging = true;
		}
		if (this.purging) {
			purge();
		}
	}

	private void renew() {
		List<UUID> ids = List.copyOf(this.held);
		own((connection) -> {
			JdbcDialect dialect = table().dialect();
			query(connection, "select {now}, " + dialect.withoutWaiting() + dialect.fromNothing(), 1,
					(row, number) -> readTime(row, 1));
			return ids.isEmpty() ? 0 : update(connection, "set claimed_until = ? where claimed_by = ? and id in (?)",
					databaseTime().plus(this.lease), this.instance, ids);
		});
	}

	private boolean readTime(ResultSet row, int column) throws SQLException {
		this.time = new DatabaseTime(row.getObject(column, LocalDateTime.class), System.nanoTime());
		return true;
	}

	/**
	 * Remove what was kept long enough, or a part of it: events that are being sent must
	 * not wait for that, and the next poll goes on.
	 */
	private void purge() {
		long start = System.nanoTime();
		int purged;
		do {
			purged = own((connection) -> {
				List<UUID> ids = ids(connection, PURGED,
						"where state = 'DELIVERED' and due_at <= {now} order by due_at "
								+ table().dialect().limit(PURGED));
				// By id only: a delivered event stays delivered, and with the state the
				// database would scan
				return ids.isEmpty() ? 0 : execute(connection, "delete from {table} where id in (?)", ids);
			});
		}
		while (purged == PURGED && System.nanoTime() - start < PURGE_NANOS);
		this.purging = purged == PURGED;
	}

	@Override
	public void settle(List<Outcome> outcomes) {
		List<UUID> done = outcomes.stream()
			.filter(JdbcEventStore::isDone)
			.map((outcome) -> outcome.event().id())
			.toList();
		JdbcTransactions.Work<Integer> work = (connection) -> {
			for (Outcome outcome : outcomes) {
				putBack(connection, outcome);
			}
			return done.isEmpty() ? 0 : complete(connection, done);
		};
		// A single statement needs no transaction around it
		boolean single = done.size() == outcomes.size();
		guarded(() -> single ? table().transactions().single(work) : table().transactions().own(work));
		outcomes.forEach((outcome) -> {
			this.held.remove(outcome.event().id());
			if (outcome instanceof Outcome.Retry retry && this.retries.size() < REMEMBERED) {
				this.retries.add(retry.notBefore());
			}
		});
	}

	private static boolean isDone(Outcome outcome) {
		return outcome instanceof Outcome.Delivered || outcome instanceof Outcome.Discarded;
	}

	private void putBack(Connection connection, Outcome outcome) throws SQLException {
		if (outcome instanceof Outcome.Retry retry) {
			Duration delay = Duration.between(this.clock.instant(), retry.notBefore());
			release(connection, retry.event(), "due_at = ?, ", databaseTime().plus(delay));
		}
		else if (outcome instanceof Outcome.Held held) {
			release(connection, held.event(), "");
		}
		else if (outcome instanceof Outcome.Dead dead) {
			release(connection, dead.event(), "state = 'DEAD', reason = ?, due_at = ?, finished_at = ?, ",
					dead.deadLetter().reason().name(), NEVER, databaseTime());
		}
	}

	private void release(Connection connection, StoredEvent event, String change, Object... values)
			throws SQLException {
		update(connection,
				"set " + change + "attempts = ?, last_error = ?, failures = ?, claimed_by = null, "
						+ "claimed_until = null, version = version + 1 where id = ? and claimed_by = ?",
				List.of(values), event.attempts(), lastError(event), event.failuresAsJson(), event.id(), this.instance);
	}

	private int complete(Connection connection, List<UUID> ids) throws SQLException {
		if (this.keepDelivered == null) {
			return execute(connection, "delete from {table} where id in (?)", ids);
		}
		LocalDateTime now = databaseTime();
		return update(connection,
				"set state = 'DELIVERED', due_at = ?, finished_at = ?, status_code = 204, claimed_by = null, "
						+ "claimed_until = null, version = version + 1 where id in (?)",
				now.plus(this.keepDelivered), now, ids);
	}

	@Override
	public @Nullable Instant nextDue() {
		return this.retries.peek();
	}

	@Override
	public boolean hasUnsent() {
		return !this.unclaimed.isEmpty();
	}

	@Override
	public boolean isEmpty() {
		return read((connection) -> ids(connection, 1,
				"where state = 'PENDING' order by due_at " + table().dialect().limit(1))
			.isEmpty());
	}

	@Override
	public Counts counts() {
		Counts first = count(COUNTED_AT_ONCE);
		boolean before = this.many;
		boolean now = total(first.pending()) >= COUNTED_AT_ONCE || total(first.dead()) >= COUNTED_AT_ONCE;
		this.many = now;
		if (!now) {
			return first;
		}
		Counted last = this.counted;
		if ((last == null || last.isOld()) && this.counting.compareAndSet(false, true)) {
			Schedulers.boundedElastic().schedule(this::countAll);
		}
		// Only if there were many last time as well: otherwise the last full count may be
		// a day old
		return (before && last != null) ? last.counts() : first;
	}

	private void countAll() {
		try {
			long start = System.nanoTime();
			Counts counts = count(0);
			this.counted = new Counted(counts, System.nanoTime() - start, System.nanoTime());
		}
		catch (RuntimeException ex) {
			logger.debug("The events could not be counted", ex);
		}
		finally {
			this.counting.set(false);
		}
	}

	/**
	 * Count events.
	 * @param limit how many of each state are counted at the most, or 0 for all
	 */
	private Counts count(int limit) {
		String rest = (limit > 0) ? "' order by due_at " + table().dialect().limit(limit) : "'";
		String select = "select event_type, count(*), min(cast(id as " + table().dialect().text()
				+ ")) from (select event_type, id from {table} where state = '";
		return read((connection) -> {
			Map<String, Long> pending = new TreeMap<>();
			Map<String, Long> dead = new TreeMap<>();
			TreeSet<String> oldest = new TreeSet<>();
			query(connection, select + "PENDING" + rest + ") counted group by event_type", 0, (row, number) -> {
				count(row, pending);
				return oldest.add(row.getString(3).strip());
			});
			query(connection, select + "DEAD" + rest + ") counted group by event_type", 0,
					(row, number) -> count(row, dead));
			return new Counts(pending, dead,
					oldest.isEmpty() ? null : StoredEvent.timeOf(UUID.fromString(oldest.first())));
		});
	}

	private static long count(ResultSet row, Map<String, Long> counts) throws SQLException {
		return counts.merge(HopperMetrics.eventType(row.getString(1)), row.getLong(2), Long::sum);
	}

	private static long total(Map<String, Long> counts) {
		return counts.values().stream().mapToLong(Long::longValue).sum();
	}

	@Override
	public List<DeadLetter> deadLetters(DeadLetter.Filter filter, @Nullable UUID after, int limit) {
		return rows(limit, "state = 'DEAD' and due_at = ?", NEVER, "event_type = ?", filter.type(), "reason = ?",
				filter.reason(), "session_id = ?", filter.sessionId(), "stored_at >= ?",
				JdbcRow.timeIfAny(filter.storedFrom()), "stored_at < ?", JdbcRow.timeIfAny(filter.storedBefore()),
				"id > ?", after)
			.stream()
			.map(JdbcRow::letter)
			.toList();
	}

	@Override
	public Optional<DeadLetter> deadLetter(UUID id) {
		return rows(1, "state = 'DEAD' and id = ?", id).stream().map(JdbcRow::letter).findFirst();
	}

	@Override
	public List<DeliveredEvent> delivered(DeliveredEvent.Filter filter, @Nullable UUID after, int limit) {
		return rows(limit, "state = 'DELIVERED' and id > ?", (after != null) ? after : PAUSE, "session_id = ?",
				filter.sessionId(), "event_type = ?", filter.type(), "stored_at >= ?",
				JdbcRow.timeIfAny(filter.storedFrom()), "stored_at < ?", JdbcRow.timeIfAny(filter.storedBefore()))
			.stream()
			.map((row) -> new DeliveredEvent(row.event(), row.finishedAt(), row.statusCode()))
			.toList();
	}

	/**
	 * Return the rows that meet all conditions whose argument is not {@code null}.
	 */
	private List<JdbcRow> rows(int limit, @Nullable Object... conditions) {
		List<String> where = new ArrayList<>();
		List<Object> arguments = new ArrayList<>();
		for (int i = 0; i < conditions.length; i += 2) {
			Object argument = conditions[i + 1];
			if (argument != null) {
				where.add(String.valueOf(conditions[i]));
				arguments.add((argument instanceof Enum<?> constant) ? constant.name() : argument);
			}
		}
		return read((connection) -> query(
				connection, "select " + JdbcRow.COLUMNS + " from {table} where " + String.join(" and ", where)
						+ " order by id " + table().dialect().limit(limit),
				limit, (row, number) -> JdbcRow.read(row), arguments));
	}

	@Override
	public List<StoredEvent> replay(List<DeadLetter> letters, Instant now) {
		return write((connection) -> {
			List<StoredEvent> events = new ArrayList<>();
			for (DeadLetter letter : letters) {
				if (update(connection,
						"set state = 'PENDING', reason = null, due_at = {now}, attempts = 0, finished_at = null, "
								+ "replayed_at = ?, version = version + 1 where id = ? and state = 'DEAD'",
						JdbcRow.time(now), letter.event().id()) == 1) {
					events.add(letter.event().replayed(now));
				}
			}
			return events;
		});
	}

	@Override
	public List<StoredEvent> discard(List<DeadLetter> letters) {
		return write((connection) -> {
			List<StoredEvent> events = new ArrayList<>();
			for (DeadLetter letter : letters) {
				if (execute(connection, "delete from {table} where state = 'DEAD' and id = ?",
						letter.event().id()) == 1) {
					events.add(letter.event());
				}
			}
			return events;
		});
	}

	@Override
	public boolean pause(EventOutboxState.Pause pause) {
		if (pause() != null) {
			return false;
		}
		try {
			write(undoneIfItFails((connection) -> execute(connection,
					"insert into {table} (id, event_type, state, payload, stored_at, due_at, attempts, last_error, version) "
							+ "values (?, 'pause', 'PAUSED', ?, ?, ?, 0, ?, 0)",
					PAUSE, new byte[1], JdbcRow.time(pause.since()), NEVER, shortened(pause.message()))));
			return true;
		}
		catch (DataAccessResourceFailureException ex) {
			if (pause() == null) {
				throw ex;
			}
			// Another operator has inserted the row first
			return false;
		}
	}

	@Override
	public boolean resume() {
		return write((connection) -> execute(connection, "delete from {table} where id = ?", PAUSE) > 0);
	}

	@Override
	public EventOutboxState.@Nullable Pause pause() {
		return read((connection) -> query(connection, "select stored_at, last_error from {table} where id = ?", 1,
				(row, number) -> new EventOutboxState.Pause(EventOutboxState.PauseReason.OPERATOR,
						JdbcRow.instant(row.getObject(1, LocalDateTime.class)), row.getString(2), null),
				PAUSE))
			.stream()
			.findFirst()
			.orElse(null);
	}

	private JdbcOutboxTable table() {
		return this.table.obtain();
	}

	private <T extends @Nullable Object> T write(JdbcTransactions.Work<T> work) {
		return guarded(() -> table().transactions().write(work));
	}

	private <T extends @Nullable Object> T read(JdbcTransactions.Work<T> work) {
		return guarded(() -> table().transactions().read(work));
	}

	private <T extends @Nullable Object> T own(JdbcTransactions.Work<T> work) {
		return guarded(() -> table().transactions().own(work));
	}

	private <T extends @Nullable Object> T guarded(SqlCall<T> call) {
		try {
			return call.call();
		}
		catch (SQLException ex) {
			throw new DataAccessResourceFailureException(
					"Events " + table().description() + " cannot be used because " + JdbcFailures.reason(ex, true),
					JdbcFailures.withoutValues(ex, true));
		}
		catch (JdbcTransactions.RefusedException ex) {
			throw new InvalidDataAccessApiUsageException(
					"Events " + table().description() + " cannot be used because " + ex.getMessage());
		}
	}

	private int update(Connection connection, String change, @Nullable Object... arguments) throws SQLException {
		return execute(connection, "update {table} " + change, arguments);
	}

	private int execute(Connection connection, String sql, @Nullable Object... arguments) throws SQLException {
		return table().dialect().update(connection, complete(sql), arguments);
	}

	private <T extends @Nullable Object> List<T> query(Connection connection, String sql, int limit,
			RowMapper<T> mapper, @Nullable Object... arguments) throws SQLException {
		return table().dialect().query(connection, complete(sql), limit, mapper, arguments);
	}

	private List<UUID> ids(Connection connection, int limit, String condition) throws SQLException {
		return query(connection, "select id from {table} " + condition, limit,
				(row, number) -> UUID.fromString(row.getString(1).strip()));
	}

	/**
	 * Return the statement that stores an event. Every booking waits for it, so it is put
	 * together once.
	 */
	private String insertion() {
		return this.real ? this.insertion.obtain() : complete(INSERT);
	}

	private String complete(String sql) {
		return sql.replace("{table}", table().name()).replace("{now}", now());
	}

	/**
	 * Return the SQL of the present time. A clock other than the system's replaces that
	 * of the database.
	 */
	private String now() {
		return this.real ? table().dialect().now() : table().dialect().literal(JdbcRow.time(this.clock.instant()));
	}

	private LocalDateTime databaseTime() {
		return this.real ? this.time.now() : JdbcRow.time(this.clock.instant());
	}

	/**
	 * Return the last error in characters that every database can write.
	 */
	private static @Nullable String lastError(StoredEvent event) {
		List<StoredEvent.Failure> failures = event.failures();
		if (failures.isEmpty()) {
			return null;
		}
		StoredEvent.Failure last = failures.get(failures.size() - 1);
		return shortened(
				last.kind() + ((last.statusCode() != null) ? " " + last.statusCode() : "") + ": " + last.message())
			.replaceAll("\\P{ASCII}", "?");
	}

	private static String shortened(String text) {
		String clean = AttemptFailure.line(text);
		return (clean.length() > MAX_ERROR) ? clean.substring(0, MAX_ERROR) : clean;
	}

	/**
	 * The time of the database when it was read, and the time here.
	 */
	private record DatabaseTime(LocalDateTime read, long at) {

		LocalDateTime now() {
			return this.read.plusNanos(System.nanoTime() - this.at).truncatedTo(ChronoUnit.MICROS);
		}

	}

	/**
	 * What was counted, how long that took and when it ended.
	 */
	private record Counted(Counts counts, long nanos, long at) {

		/**
		 * Counting takes a twentieth of the time at the most.
		 */
		boolean isOld() {
			return System.nanoTime() - this.at > this.nanos * 20;
		}

	}

	/**
	 * A call of the database.
	 */
	@FunctionalInterface
	private interface SqlCall<T extends @Nullable Object> {

		T call() throws SQLException;

	}

}
