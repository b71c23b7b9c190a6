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
import java.sql.PreparedStatement;
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
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

import com.hopper.hts.events.EventNotStoredException;
import com.hopper.hts.events.observation.EventTags;
import com.hopper.hts.events.outbox.DeadLetter;
import com.hopper.hts.events.outbox.DeliveredEvent;
import com.hopper.hts.events.outbox.EventOutboxState;
import com.hopper.hts.events.outbox.EventStore;
import com.hopper.hts.events.outbox.StoredEvent;
import com.hopper.hts.events.outbox.StoredEvents;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.util.function.SingletonSupplier;

/**
 * Keeps events in a table of the application's database, in the transaction of the
 * caller. An event that is claimed belongs to one instance until its lease ends; times
 * are those of the database.
 */
final class JdbcEventStore implements EventStore {

	private static final String COLUMNS = "id, event_type, session_id, payload, stored_at, attempts, failures, trace, "
			+ "replayed_at, state, reason, finished_at, status_code, claimed_by, version";

	/**
	 * When rows are due that are not sent.
	 */
	private static final LocalDateTime NEVER = LocalDateTime.parse("9999-12-31T00:00:00");

	private static final UUID PAUSE = new UUID(0, 0);

	private static final int MAX_ERROR = 500;

	private static final int PURGED = 1000;

	private static final int REMEMBERED = 10_000;

	private static final Log logger = LogFactory.getLog(JdbcEventStore.class);

	private final SingletonSupplier<JdbcOutboxTable> table;

	private final Duration lease;

	private final Duration pollingInterval;

	private final @Nullable Duration keepDelivered;

	private final Clock clock;

	/**
	 * Whether the clock is that of the system, whose time is then the database's.
	 */
	private final boolean real;

	private final String instance = UUID.randomUUID().toString();

	/**
	 * Events that are claimed by this instance.
	 */
	private final Set<UUID> held = ConcurrentHashMap.newKeySet();

	/**
	 * Events that this instance has stored and not claimed yet, or some of them.
	 */
	private final Set<UUID> unclaimed = ConcurrentHashMap.newKeySet();

	/**
	 * When events are due that this instance will send again. Others are found by
	 * polling.
	 */
	private final PriorityQueue<Instant> retries = new PriorityQueue<>();

	private volatile DatabaseTime time = new DatabaseTime(LocalDateTime.MIN, 0);

	private long renewedAt = System.nanoTime();

	JdbcEventStore(Supplier<JdbcOutboxTable> table, JdbcOutboxProperties properties, Clock clock, boolean real) {
		// Proven when it is first used, which may be before the outbox starts
		this.table = SingletonSupplier.of(() -> {
			JdbcOutboxTable created = table.get();
			created.prepare();
			return created;
		});
		this.lease = properties.lease();
		Duration third = this.lease.dividedBy(3);
		// In time to keep what is claimed
		this.pollingInterval = (properties.pollingInterval().compareTo(third) < 0) ? properties.pollingInterval()
				: third;
		this.keepDelivered = properties.keepDelivered();
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
		// What this engine has to say, it says in return values
	}

	@Override
	public void open() {
		table();
	}

	@Override
	public void closing() {
		// Others deliver what is left
	}

	@Override
	public void close() {
		this.unclaimed.clear();
		synchronized (this.retries) {
			this.retries.clear();
		}
		List<UUID> ids = List.copyOf(this.held);
		this.held.clear();
		if (!ids.isEmpty()) {
			own((connection) -> update(connection,
					"set claimed_by = null, claimed_until = null where claimed_by = ? and " + in("id", ids.size()),
					concat(this.instance, ids)));
		}
	}

	@Override
	public void append(List<StoredEvent> events) {
		try {
			table().transactions().write((connection) -> {
				Savepoint savepoint = (events.size() > 1) ? savepoint(connection) : null;
				try {
					insert(connection, events);
				}
				catch (SQLException ex) {
					if (savepoint != null) {
						connection.rollback(savepoint);
					}
					throw ex;
				}
				return true;
			});
		}
		catch (SQLException ex) {
			throw new EventNotStoredException(
					"The event was not stored " + table().description() + " because " + JdbcFailures.reason(ex, events),
					JdbcFailures.withoutValues(ex, events));
		}
		catch (JdbcOutboxException ex) {
			throw new EventNotStoredException("The event was not stored because " + ex.getMessage(), ex);
		}
		catch (JdbcTransactions.RefusedException ex) {
			throw new EventNotStoredException(
					"The event was not stored " + table().description() + " because " + ex.getMessage(), null);
		}
	}

	private static @Nullable Savepoint savepoint(Connection connection) {
		try {
			return connection.setSavepoint();
		}
		catch (SQLException ex) {
			// Not in every global transaction: whoever goes on after a failure keeps some
			return null;
		}
	}

	/**
	 * One by one and not as a batch, whose failure would show all values.
	 */
	private void insert(Connection connection, List<StoredEvent> events) throws SQLException {
		try (PreparedStatement statement = connection.prepareStatement("insert into " + table().name()
				+ " (id, event_type, session_id, state, payload, occurred_at, stored_at, due_at, attempts, trace, version) "
				+ "values (?, ?, ?, 'PENDING', ?, ?, ?, " + now() + ", 0, ?, 0)")) {
			for (StoredEvent event : events) {
				bind(statement, id(event.id()), event.type(), event.sessionId(), StoredEvents.payload(event),
						timeIfAny(StoredEvents.occurredAt(event)), time(event.storedAt()), StoredEvents.trace(event));
				statement.executeUpdate();
			}
		}
	}

	@Override
	public void committed(List<StoredEvent> events) {
		if (this.unclaimed.size() < REMEMBERED) {
			events.forEach((event) -> this.unclaimed.add(event.id()));
		}
	}

	@Override
	public void rolledBack(List<StoredEvent> events) {
		// There is nothing to undo
	}

	@Override
	public List<StoredEvent> claim(int max) {
		synchronized (this.retries) {
			Instant now = this.clock.instant();
			while (!this.retries.isEmpty() && !this.retries.peek().isAfter(now)) {
				this.retries.remove();
			}
		}
		List<Row> rows = own((connection) -> claim(connection, max));
		if (rows.size() < max) {
			// What is not here was claimed by others
			this.unclaimed.clear();
		}
		Map<String, Integer> abandoned = new TreeMap<>();
		List<StoredEvent> events = new ArrayList<>();
		for (Row row : rows) {
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

	private List<Row> claim(Connection connection, int max) throws SQLException {
		JdbcDialect dialect = table().dialect();
		String now = now();
		String sql = dialect.claim(COLUMNS + ", " + now, table().name(),
				"where state = 'PENDING' and due_at <= " + now + " and (claimed_until is null or claimed_until < " + now
						+ ") and not exists (select 1 from " + table().name()
						+ " p where p.id = ?) order by due_at, id",
				max);
		List<Row> rows = new ArrayList<>();
		try (PreparedStatement statement = connection.prepareStatement(sql)) {
			statement.setMaxRows(max);
			statement.setFetchSize(max);
			bind(statement, id(PAUSE));
			try (ResultSet result = statement.executeQuery()) {
				while (result.next()) {
					this.time = new DatabaseTime(result.getObject(16, LocalDateTime.class), System.nanoTime());
					rows.add(row(result));
				}
			}
		}
		if (rows.isEmpty()) {
			return rows;
		}
		LocalDateTime until = databaseTime().plus(this.lease);
		if (dialect.locksRows()) {
			update(connection,
					"set claimed_by = ?, claimed_until = ?, version = version + 1 where " + in("id", rows.size()),
					concat(this.instance, concat(until, rows.stream().map((row) -> row.event().id()).toList())));
			return rows;
		}
		List<Row> won = new ArrayList<>();
		for (Row row : rows) {
			if (update(connection,
					"set claimed_by = ?, claimed_until = ?, version = version + 1 where id = ? and version = ?",
					List.of(this.instance, until, row.event().id(), row.version())) == 1) {
				won.add(row);
			}
		}
		return won;
	}

	@Override
	public void tend() {
		long now = System.nanoTime();
		if (now - this.renewedAt < this.lease.toNanos() / 3) {
			return;
		}
		List<UUID> ids = List.copyOf(this.held);
		own((connection) -> {
			readTime(connection);
			if (!ids.isEmpty()) {
				update(connection, "set claimed_until = ? where claimed_by = ? and " + in("id", ids.size()),
						concat(databaseTime().plus(this.lease), concat(this.instance, ids)));
			}
			return true;
		});
		this.renewedAt = now;
		purge();
	}

	private void readTime(Connection connection) throws SQLException {
		String from = (table().dialect() == JdbcDialect.ORACLE) ? " from dual"
				: (table().dialect() == JdbcDialect.HSQLDB) ? " from (values(0))" : "";
		try (PreparedStatement statement = connection.prepareStatement("select " + now() + from);
				ResultSet result = statement.executeQuery()) {
			result.next();
			this.time = new DatabaseTime(result.getObject(1, LocalDateTime.class), System.nanoTime());
		}
	}

	private void purge() {
		int purged;
		do {
			List<UUID> ids = own((connection) -> ids(connection, "where state = 'DELIVERED' and due_at <= " + now()
					+ " order by due_at " + table().dialect().limit(PURGED)));
			purged = ids.isEmpty() ? 0 : own((connection) -> delete(connection,
					"where state = 'DELIVERED' and " + in("id", ids.size()), List.copyOf(ids)));
		}
		while (purged == PURGED);
	}

	@Override
	public void settle(List<Outcome> outcomes) {
		own((connection) -> {
			List<UUID> done = new ArrayList<>();
			for (Outcome outcome : outcomes) {
				if (outcome instanceof Outcome.Retry retry) {
					Duration delay = Duration.between(this.clock.instant(), retry.notBefore());
					release(connection, retry.event(), databaseTime().plus(delay));
				}
				else if (outcome instanceof Outcome.Held held) {
					release(connection, held.event(), null);
				}
				else if (outcome instanceof Outcome.Dead dead) {
					bury(connection, dead.deadLetter());
				}
				else {
					done.add(outcome.event().id());
				}
			}
			if (!done.isEmpty()) {
				complete(connection, done);
			}
			return true;
		});
		outcomes.forEach((outcome) -> {
			this.held.remove(outcome.event().id());
			if (outcome instanceof Outcome.Retry retry) {
				synchronized (this.retries) {
					if (this.retries.size() < REMEMBERED) {
						this.retries.add(retry.notBefore());
					}
				}
			}
		});
	}

	private void release(Connection connection, StoredEvent event, @Nullable LocalDateTime due) throws SQLException {
		List<@Nullable Object> arguments = new ArrayList<>();
		if (due != null) {
			arguments.add(due);
		}
		Collections.addAll(arguments, event.attempts(), lastError(event), StoredEvents.failures(event), event.id(),
				this.instance);
		update(connection,
				"set " + ((due != null) ? "due_at = ?, " : "")
						+ "attempts = ?, last_error = ?, failures = ?, claimed_by = null, claimed_until = null, "
						+ "version = version + 1 where id = ? and claimed_by = ?",
				arguments);
	}

	private void bury(Connection connection, DeadLetter letter) throws SQLException {
		StoredEvent event = letter.event();
		List<@Nullable Object> arguments = new ArrayList<>();
		Collections.addAll(arguments, letter.reason().name(), NEVER, databaseTime(), event.attempts(), lastError(event),
				StoredEvents.failures(event), event.id(), this.instance);
		update(connection,
				"set state = 'DEAD', reason = ?, due_at = ?, finished_at = ?, attempts = ?, last_error = ?, "
						+ "failures = ?, claimed_by = null, claimed_until = null, version = version + 1 "
						+ "where id = ? and claimed_by = ?",
				arguments);
	}

	private void complete(Connection connection, List<UUID> ids) throws SQLException {
		if (this.keepDelivered == null) {
			delete(connection, "where " + in("id", ids.size()), List.copyOf(ids));
			return;
		}
		LocalDateTime now = databaseTime();
		update(connection,
				"set state = 'DELIVERED', due_at = ?, finished_at = ?, status_code = 204, claimed_by = null, "
						+ "claimed_until = null, version = version + 1 where " + in("id", ids.size()),
				concat(now.plus(this.keepDelivered), concat(now, ids)));
	}

	@Override
	public @Nullable Instant nextDue() {
		synchronized (this.retries) {
			return this.retries.peek();
		}
	}

	@Override
	public boolean hasUnsent() {
		return !this.unclaimed.isEmpty();
	}

	@Override
	public boolean isEmpty() {
		return read((connection) -> ids(connection, "where state = 'PENDING' " + table().dialect().limit(1)).isEmpty());
	}

	@Override
	public Counts counts() {
		return read((connection) -> {
			Map<String, Long> pending = new TreeMap<>();
			Map<String, Long> dead = new TreeMap<>();
			TreeSet<String> oldest = new TreeSet<>();
			try (PreparedStatement statement = connection.prepareStatement(
					"select state, event_type, count(*), min(cast(id as " + table().dialect().text() + ")) from "
							+ table().name() + " where state in ('PENDING', 'DEAD') group by state, event_type");
					ResultSet result = statement.executeQuery()) {
				while (result.next()) {
					boolean waits = "PENDING".equals(result.getString(1).strip());
					(waits ? pending : dead).merge(EventTags.type(result.getString(2)), result.getLong(3), Long::sum);
					if (waits) {
						oldest.add(result.getString(4).strip());
					}
				}
			}
			return new Counts(pending, dead,
					oldest.isEmpty() ? null : StoredEvents.storedAt(UUID.fromString(oldest.first())));
		});
	}

	@Override
	public List<DeadLetter> deadLetters(DeadLetter.Filter filter, @Nullable UUID after, int limit) {
		Query query = new Query("state = 'DEAD' and due_at = ?", NEVER).and("event_type = ?", filter.type())
			.and("reason = ?", (filter.reason() != null) ? filter.reason().name() : null)
			.and("stored_at >= ?", timeIfAny(filter.storedFrom()))
			.and("stored_at < ?", timeIfAny(filter.storedBefore()))
			.and("id > ?", after);
		return rows(query, limit).stream().map(Row::letter).toList();
	}

	@Override
	public Optional<DeadLetter> deadLetter(UUID id) {
		return rows(new Query("state = 'DEAD' and id = ?", id), 1).stream().map(Row::letter).findFirst();
	}

	@Override
	public List<DeliveredEvent> delivered(DeliveredEvent.Filter filter, @Nullable UUID after, int limit) {
		Query query = new Query("state = 'DELIVERED' and id > ?", (after != null) ? after : PAUSE)
			.and("session_id = ?", filter.sessionId())
			.and("event_type = ?", filter.type())
			.and("stored_at >= ?", timeIfAny(filter.storedFrom()))
			.and("stored_at < ?", timeIfAny(filter.storedBefore()));
		return rows(query, limit).stream()
			.map((row) -> new DeliveredEvent(row.event(), row.finishedAt(), row.statusCode()))
			.toList();
	}

	private List<Row> rows(Query query, int limit) {
		return read((connection) -> {
			List<Row> rows = new ArrayList<>();
			try (PreparedStatement statement = connection
				.prepareStatement("select " + COLUMNS + " from " + table().name() + " where " + query.condition
						+ " order by id " + table().dialect().limit(limit))) {
				bind(statement, query.arguments.toArray());
				try (ResultSet result = statement.executeQuery()) {
					while (result.next()) {
						rows.add(row(result));
					}
				}
			}
			return rows;
		});
	}

	@Override
	public List<StoredEvent> replay(List<DeadLetter> letters, Instant now) {
		return write((connection) -> {
			List<StoredEvent> events = new ArrayList<>();
			for (DeadLetter letter : letters) {
				if (update(connection,
						"set state = 'PENDING', reason = null, due_at = " + now()
								+ ", attempts = 0, finished_at = null, replayed_at = ?, version = version + 1 "
								+ "where id = ? and state = 'DEAD'",
						List.of(time(now), letter.event().id())) == 1) {
					events.add(StoredEvents.replayed(letter.event(), now));
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
				if (delete(connection, "where state = 'DEAD' and id = ?", List.of(letter.event().id())) == 1) {
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
		return write((connection) -> {
			try (PreparedStatement statement = connection.prepareStatement("insert into " + table().name()
					+ " (id, event_type, state, payload, stored_at, due_at, attempts, last_error, version) "
					+ "values (?, 'pause', 'PAUSED', ?, ?, ?, 0, ?, 0)")) {
				bind(statement, id(PAUSE), new byte[1], time(pause.since()), NEVER, shortened(pause.message()));
				statement.executeUpdate();
			}
			return true;
		});
	}

	@Override
	public boolean resume() {
		return write((connection) -> delete(connection, "where id = ?", List.of(PAUSE)) > 0);
	}

	@Override
	public EventOutboxState.@Nullable Pause pause() {
		Optional<EventOutboxState.Pause> pause = read((connection) -> {
			try (PreparedStatement statement = connection
				.prepareStatement("select stored_at, last_error from " + table().name() + " where id = ?")) {
				bind(statement, id(PAUSE));
				try (ResultSet result = statement.executeQuery()) {
					return result.next()
							? Optional.of(new EventOutboxState.Pause(EventOutboxState.PauseReason.OPERATOR,
									instant(result.getObject(1, LocalDateTime.class)), result.getString(2), null))
							: Optional.empty();
				}
			}
		});
		return pause.orElse(null);
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
					"Events " + table().description() + " cannot be used because " + JdbcFailures.reason(ex, List.of()),
					JdbcFailures.withoutValues(ex, List.of()));
		}
	}

	private int update(Connection connection, String change, List<? extends @Nullable Object> arguments)
			throws SQLException {
		return execute(connection, "update " + table().name() + " " + change, arguments);
	}

	private int delete(Connection connection, String condition, List<?> arguments) throws SQLException {
		return execute(connection, "delete from " + table().name() + " " + condition, arguments);
	}

	private int execute(Connection connection, String sql, List<? extends @Nullable Object> arguments)
			throws SQLException {
		try (PreparedStatement statement = connection.prepareStatement(sql)) {
			bind(statement, arguments.toArray());
			return statement.executeUpdate();
		}
	}

	private List<UUID> ids(Connection connection, String condition) throws SQLException {
		List<UUID> ids = new ArrayList<>();
		try (PreparedStatement statement = connection
			.prepareStatement("select id from " + table().name() + " " + condition);
				ResultSet result = statement.executeQuery()) {
			while (result.next()) {
				ids.add(UUID.fromString(result.getString(1)));
			}
		}
		return ids;
	}

	private void bind(PreparedStatement statement, @Nullable Object... values) throws SQLException {
		for (int i = 0; i < values.length; i++) {
			Object value = values[i];
			if (value instanceof UUID id) {
				statement.setObject(i + 1, id(id));
			}
			else if (value instanceof byte[] bytes) {
				statement.setBytes(i + 1, bytes);
			}
			else if (value == null || value instanceof String) {
				statement.setString(i + 1, (String) value);
			}
			else {
				statement.setObject(i + 1, value);
			}
		}
	}

	private Object id(UUID id) {
		return table().dialect().id(id);
	}

	private static String in(String column, int count) {
		return column + " in (" + String.join(", ", Collections.nCopies(count, "?")) + ")";
	}

	private static List<Object> concat(Object first, Collection<?> others) {
		List<Object> all = new ArrayList<>();
		all.add(first);
		all.addAll(others);
		return all;
	}

	/**
	 * Return what the database takes for the present time. A clock that is not that of
	 * the system rules the database as well.
	 */
	private String now() {
		return this.real ? table().dialect().now() : table().dialect().literal(time(this.clock.instant()));
	}

	private LocalDateTime databaseTime() {
		return this.real ? this.time.now() : time(this.clock.instant());
	}

	private static LocalDateTime time(Instant instant) {
		return LocalDateTime.ofInstant(instant, ZoneOffset.UTC).truncatedTo(ChronoUnit.MICROS);
	}

	private static @Nullable LocalDateTime timeIfAny(@Nullable Instant instant) {
		return (instant != null) ? time(instant) : null;
	}

	private static Instant instant(LocalDateTime time) {
		return time.toInstant(ZoneOffset.UTC);
	}

	private static @Nullable String lastError(StoredEvent event) {
		List<StoredEvent.Failure> failures = event.failures();
		if (failures.isEmpty()) {
			return null;
		}
		StoredEvent.Failure last = failures.get(failures.size() - 1);
		return shortened(
				last.kind() + ((last.statusCode() != null) ? " " + last.statusCode() : "") + ": " + last.message());
	}

	private static String shortened(String text) {
		String clean = text.replaceAll("\\p{Cntrl}", " ");
		return (clean.length() > MAX_ERROR) ? clean.substring(0, MAX_ERROR) : clean;
	}

	private static Row row(ResultSet result) throws SQLException {
		UUID id = UUID.fromString(result.getString(1).strip());
		byte[] payload = result.getBytes(4);
		Instant storedAt = instant(result.getObject(5, LocalDateTime.class));
		int attempts = result.getInt(6);
		String failures = result.getString(7);
		LocalDateTime replayedAt = result.getObject(9, LocalDateTime.class);
		LocalDateTime finishedAt = result.getObject(12, LocalDateTime.class);
		String reason = result.getString(11);
		int status = result.getInt(13);
		Integer statusCode = result.wasNull() ? null : status;
		String sessionId = result.getString(3);
		String type = result.getString(2);
		String trace = result.getString(8);
		if (StoredEvents.isWhole(payload)) {
			DeadLetter whole = whole(payload);
			if (whole != null) {
				StoredEvent event = whole.event();
				sessionId = event.sessionId();
				type = event.type();
				storedAt = event.storedAt();
				payload = StoredEvents.payload(event);
				trace = StoredEvents.trace(event);
				failures = (failures != null) ? failures : StoredEvents.failures(event);
				reason = (reason != null) ? reason : whole.reason().name();
				attempts = Math.max(attempts, (replayedAt != null) ? 0 : event.attempts());
			}
		}
		StoredEvent event = StoredEvents.restore(id, storedAt, sessionId, type, payload, attempts, failures,
				(replayedAt != null) ? instant(replayedAt) : null, trace);
		return new Row(event, reason, (finishedAt != null) ? instant(finishedAt) : storedAt, statusCode,
				result.getString(14), result.getLong(15));
	}

	/**
	 * Read what an earlier version has stored, and a migration has copied.
	 */
	private static @Nullable DeadLetter whole(byte[] payload) {
		try {
			return StoredEvents.read(payload);
		}
		catch (IllegalArgumentException ex) {
			// Becomes a dead letter when it is to be sent
			return null;
		}
	}

	/**
	 * A row of the table.
	 */
	private record Row(StoredEvent event, @Nullable String reason, Instant finishedAt, @Nullable Integer statusCode,
			@Nullable String claimedBy, long version) {

		DeadLetter letter() {
			for (DeadLetter.Reason candidate : DeadLetter.Reason.values()) {
				if (candidate.name().equals(this.reason)) {
					return new DeadLetter(this.event, candidate, this.finishedAt);
				}
			}
			return new DeadLetter(this.event, DeadLetter.Reason.INVALID, this.finishedAt);
		}

	}

	/**
	 * The time of the database, carried on by what has passed here since it was read.
	 */
	private record DatabaseTime(LocalDateTime read, long at) {

		LocalDateTime now() {
			return this.read.plusNanos(System.nanoTime() - this.at).truncatedTo(ChronoUnit.MICROS);
		}

	}

	/**
	 * Conditions that are set.
	 */
	private static final class Query {

		private final List<Object> arguments = new ArrayList<>();

		private String condition;

		Query(String condition, Object argument) {
			this.condition = condition;
			this.arguments.add(argument);
		}

		Query and(String condition, @Nullable Object argument) {
			if (argument != null) {
				this.condition += " and " + condition;
				this.arguments.add(argument);
			}
			return this;
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
