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
package com.hopper.hts.events.outbox;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.ToLongFunction;

import javax.sql.DataSource;

import com.github.kagkarlsson.scheduler.Scheduler;
import com.github.kagkarlsson.scheduler.SchedulerBuilder;
import com.github.kagkarlsson.scheduler.SchedulerClient;
import com.github.kagkarlsson.scheduler.SchedulerName;
import com.github.kagkarlsson.scheduler.exceptions.FailedToScheduleBatchException;
import com.github.kagkarlsson.scheduler.jdbc.AutodetectJdbcCustomization;
import com.github.kagkarlsson.scheduler.jdbc.JdbcCustomization;
import com.github.kagkarlsson.scheduler.logging.LogLevel;
import com.github.kagkarlsson.scheduler.serializer.Serializer;
import com.github.kagkarlsson.scheduler.task.CompletionHandler;
import com.github.kagkarlsson.scheduler.task.ExecutionContext;
import com.github.kagkarlsson.scheduler.task.SchedulableInstance;
import com.github.kagkarlsson.scheduler.task.Task;
import com.github.kagkarlsson.scheduler.task.TaskInstance;
import com.github.kagkarlsson.scheduler.task.helper.Tasks;
import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.EventNotStoredException;
import com.hopper.hts.events.EventOutbox;
import com.hopper.hts.events.EventPublisher;
import com.hopper.hts.events.OffersDisplayed;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.scheduler.Schedulers;

import org.springframework.core.task.VirtualThreadTaskExecutor;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.RowMapper;
import org.springframework.jdbc.datasource.TransactionAwareDataSourceProxy;
import org.springframework.jdbc.support.JdbcUtils;
import org.springframework.jdbc.support.MetaDataAccessException;
import org.springframework.scheduling.concurrent.CustomizableThreadFactory;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.TransactionTemplate;
import org.springframework.util.Assert;

/**
 * Outbox that keeps events in a table of the application's database, in the transaction
 * of the caller. Stored events survive the end of the application and are delivered by
 * whichever instance of it is running. Built on a private db-scheduler, which has nothing
 * to do with one that the application may use itself.
 *
 * @since 0.1.0
 */
public final class JdbcEventOutbox extends AbstractEventOutbox {

	/**
	 * The name of the table unless another is set.
	 */
	public static final String DEFAULT_TABLE_NAME = "hopper_event_outbox";

	private static final List<String> TYPES = List.of(OffersDisplayed.TYPE, BookingConfirmed.TYPE, "custom");

	private static final String DEAD_PREFIX = "dead.";

	private static final String CONTROL = "control";

	private static final String PAUSED = "paused";

	/**
	 * When rows that must not be executed are due.
	 */
	private static final Instant NEVER = Instant.parse("9999-12-01T00:00:00Z");

	private static final int PAGE = 500;

	private static final Duration HEARTBEAT = Duration.ofSeconds(15);

	private static final Duration CONTROL_INTERVAL = Duration.ofSeconds(5);

	private static final Duration STATE_AGE = Duration.ofSeconds(5);

	private static final int MAX_REMEMBERED = 10_000;

	private final DataSource dataSource;

	private final JdbcTemplate jdbc;

	private final TransactionTemplate required;

	private final TransactionTemplate requiresNew;

	private final String tableName;

	private final Duration pollingInterval;

	private final Duration heartbeatInterval;

	private final reactor.core.scheduler.Scheduler timers;

	private final JdbcCustomization customization;

	private final List<Task<?>> tasks;

	private final SchedulerClient client;

	/**
	 * Where the relay hands events over to, instead of sending them.
	 */
	private final @Nullable AbstractEventOutbox next;

	/**
	 * Delivered events whose row could not be removed: they must not be sent again when
	 * they turn up.
	 */
	private final Map<UUID, Outcome> notRemoved = new ConcurrentHashMap<>();

	private final Object lifecycle = new Object();

	/**
	 * Held while an operator pauses or resumes, so that what was read from the table
	 * before does not undo it.
	 */
	private final ReentrantLock control = new ReentrantLock();

	/**
	 * Keeps replayed events of a transaction apart from those stored in it.
	 */
	private final Object replays = new Object();

	/**
	 * Deliveries that are not over with everything that follows from them.
	 */
	private final AtomicInteger executing = new AtomicInteger();

	/**
	 * Polling intervals in which a timer looks for due events.
	 */
	private final Set<Long> triggers = ConcurrentHashMap.newKeySet();

	private volatile @Nullable Scheduler scheduler;

	private @Nullable Disposable controlTimer;

	private volatile @Nullable Snapshot snapshot;

	private JdbcEventOutbox(Builder builder) {
		super(builder);
		this.dataSource = builder.dataSource;
		this.tableName = builder.tableName;
		this.pollingInterval = builder.pollingInterval;
		this.heartbeatInterval = builder.heartbeatInterval;
		this.timers = builder.scheduler;
		this.next = builder.next;
		this.jdbc = new JdbcTemplate(builder.dataSource);
		this.required = new TransactionTemplate(builder.transactionManager);
		this.requiresNew = new TransactionTemplate(builder.transactionManager);
		this.requiresNew.setPropagationBehavior(TransactionDefinition.PROPAGATION_REQUIRES_NEW);
		CommittedTransaction.watch(builder.transactionManager);
		this.customization = customization(builder.dataSource);
		this.tasks = tasks();
		this.client = SchedulerClient.Builder
			.create(new TransactionAwareDataSourceProxy(builder.dataSource), this.tasks)
			.tableName(this.tableName)
			.serializer(RawSerializer.INSTANCE)
			.jdbcCustomization(this.customization)
			.build();
	}

	/**
	 * Create a builder.
	 * @param publisher what sends the events
	 * @param dataSource where events are stored
	 * @param transactionManager what manages transactions of the data source
	 * @return the builder
	 */
	public static Builder builder(EventPublisher publisher, DataSource dataSource,
			PlatformTransactionManager transactionManager) {
		return new Builder(publisher, dataSource, transactionManager);
	}

	private static JdbcCustomization customization(DataSource dataSource) {
		String product = "";
		try {
			product = JdbcUtils.commonDatabaseName(
					JdbcUtils.extractDatabaseMetaData(dataSource, (metaData) -> metaData.getDatabaseProductName()));
		}
		catch (MetaDataAccessException ex) {
			// Reported by checkTable
		}
		// Their timestamps have no zone
		boolean utc = product != null && (product.contains("MySQL") || product.contains("MariaDB"));
		return new AutodetectJdbcCustomization(dataSource, utc);
	}

	private List<Task<?>> tasks() {
		List<Task<?>> all = new ArrayList<>();
		for (String type : TYPES) {
			all.add(Tasks.custom(type, byte[].class).onFailure((complete, operations) -> {
				Instant next = this.clock.instant().plus(Duration.ofMinutes(1));
				operations.reschedule(complete, next);
			}).execute(this::execute));
		}
		// Known, so that db-scheduler never takes their rows for leftovers
		for (String type : TYPES) {
			all.add(idle(DEAD_PREFIX + type));
		}
		all.add(idle(CONTROL));
		return List.copyOf(all);
	}

	private static Task<?> idle(String name) {
		return Tasks.custom(name, byte[].class)
			.execute((instance, context) -> (complete, operations) -> operations.reschedule(complete, NEVER));
	}

	/**
	 * Check that the table is there and has the columns that are needed.
	 * @throws IllegalStateException if not; the message says what to do
	 */
	public void checkTable() {
		try {
			this.jdbc.query("select task_name, task_instance, task_data, execution_time, picked, picked_by, "
					+ "last_success, last_failure, consecutive_failures, last_heartbeat, version from " + this.tableName
					+ " where task_name is null", (resultSet) -> {
					});
		}
		catch (DataAccessException ex) {
			throw new IllegalStateException(
					("The table '%s' cannot be used (%s). Create it with Flyway, Liquibase or by "
							+ "hand from classpath:com/hopper/hts/events/outbox/schema-<database>.sql, "
							+ "or set hopper.outbox.jdbc.initialize-schema=always")
						.formatted(this.tableName, rootMessage(ex)),
					ex);
		}
	}

	private static String rootMessage(DataAccessException ex) {
		String message = String.valueOf(ex.getMostSpecificCause().getMessage());
		int end = message.indexOf('\n');
		return (end != -1) ? message.substring(0, end) : message;
	}

	@Override
	void accept(List<StoredEvent> events) {
		requireBlockingThread("store");
		List<TaskInstance<?>> instances = new ArrayList<>(events.size());
		for (StoredEvent event : events) {
			instances.add(new TaskInstance<>(event.countedType(), event.id().toString(), StoredEventJson.write(event)));
		}
		try {
			transaction().executeWithoutResult((status) -> {
				this.client.scheduleBatch(instances, this.clock.instant());
				Transactions.whenOver(this, events, this::committed, (rolledBack) -> {
				});
			});
		}
		catch (RuntimeException ex) {
			throw new EventNotStoredException(
					"The event was not stored in table '%s' because the database failed".formatted(this.tableName), ex);
		}
	}

	/**
	 * Join the caller's transaction, or begin one: without, a connection that does not
	 * commit by itself would drop the rows silently. After the caller's transaction, in a
	 * listener of its commit, it is still bound to the thread but nobody would commit
	 * again.
	 */
	private TransactionTemplate transaction() {
		return CommittedTransaction.isCurrent() ? this.requiresNew : this.required;
	}

	private void committed(List<StoredEvent> events) {
		if (this.next == null) {
			events.forEach(this.listeners::stored);
		}
		trigger();
	}

	private void trigger() {
		Scheduler current = this.scheduler;
		if (current != null) {
			current.triggerCheckForDueExecutions();
		}
	}

	private CompletionHandler<byte[]> execute(TaskInstance<byte[]> instance, ExecutionContext context) {
		this.executing.incrementAndGet();
		try {
			CompletionHandler<byte[]> completion = deliver(instance, context);
			return (complete, operations) -> {
				try {
					completion.complete(complete, operations);
				}
				finally {
					this.executing.decrementAndGet();
				}
			};
		}
		catch (RuntimeException | Error ex) {
			this.executing.decrementAndGet();
			throw ex;
		}
	}

	private CompletionHandler<byte[]> deliver(TaskInstance<byte[]> instance, ExecutionContext context) {
		StoredEvent event;
		try {
			event = StoredEventJson.read(instance.getData());
		}
		catch (IllegalArgumentException ex) {
			return bury(instance, unreadable(instance.getId(), ex), instance.getData());
		}
		Outcome before = this.notRemoved.get(event.id());
		if (before != null) {
			return remove(before);
		}
		Instant due = context.getExecution().executionTime;
		try {
			Outcome outcome = attempt(event);
			if (outcome == null) {
				// The application ends: the next one to start, or another instance, goes
				// on
				return (complete, operations) -> operations.reschedule(complete, due);
			}
			if (outcome instanceof Outcome.Retry retry) {
				return (complete, operations) -> {
					operations.reschedule(complete, retry.notBefore(), StoredEventJson.write(retry.event()));
					triggerAt(retry.notBefore());
					announce(outcome);
				};
			}
			if (outcome instanceof Outcome.Dead dead) {
				return bury(instance, dead.deadLetter(), StoredEventJson.write(dead.deadLetter()));
			}
			return remove(outcome);
		}
		catch (InterruptedException ex) {
			// The flag stays cleared: the row must still be handed back
			return (complete, operations) -> operations.reschedule(complete, due);
		}
	}

	private @Nullable Outcome attempt(StoredEvent event) throws InterruptedException {
		StoredEvent current = event;
		RelayGate.Permit permit = this.gate.acquire();
		if (this.next != null && permit != null) {
			return handOver(this.next, event, permit);
		}
		while (permit != null) {
			Outcome outcome;
			try {
				outcome = this.relay.attempt(current, permit).block();
			}
			catch (RuntimeException ex) {
				if (ex.getCause() instanceof InterruptedException interruption) {
					Thread.interrupted();
					throw interruption;
				}
				throw ex;
			}
			if (!(outcome instanceof Outcome.Held held)) {
				return outcome;
			}
			// Keep the row: this thread has nothing better to do until the relay goes on
			current = held.event();
			permit = this.gate.acquire();
		}
		return null;
	}

	private Outcome handOver(AbstractEventOutbox target, StoredEvent event, RelayGate.Permit permit)
			throws InterruptedException {
		try {
			target.accept(List.of(event));
			this.gate.delivered(permit);
			return new Outcome.HandedOver(event);
		}
		catch (RuntimeException ex) {
			if (Thread.interrupted()) {
				// With the flag set, the row could not be handed back
				this.gate.release(permit);
				throw new InterruptedException();
			}
			String message = String.valueOf(ex.getMessage());
			this.gate.failed(permit, message, null);
			Instant now = this.clock.instant();
			StoredEvent failed = event.failed(new DeliveryFailure(now, "not_handed_over", null, message, List.of()));
			return new Outcome.Retry(failed,
					now.plus(this.policy.interval(failed.attempts(), ThreadLocalRandom.current().nextDouble())));
		}
	}

	private CompletionHandler<byte[]> remove(Outcome outcome) {
		UUID id = outcome.event().id();
		return (complete, operations) -> {
			if (this.notRemoved.size() > MAX_REMEMBERED) {
				this.notRemoved.clear();
			}
			this.notRemoved.put(id, outcome);
			operations.stop();
			this.notRemoved.remove(id);
			announce(outcome);
		};
	}

	private CompletionHandler<byte[]> bury(TaskInstance<byte[]> instance, DeadLetter letter, byte[] data) {
		return (complete, operations) -> {
			operations.removeAndScheduleNew(SchedulableInstance
				.of(new TaskInstance<>(DEAD_PREFIX + instance.getTaskName(), instance.getId(), data), NEVER));
			this.snapshot = null;
			announce(new Outcome.Dead(letter));
		};
	}

	private DeadLetter unreadable(String id, IllegalArgumentException ex) {
		UUID uuid;
		try {
			uuid = UUID.fromString(id);
		}
		catch (IllegalArgumentException notOurs) {
			uuid = UUID.nameUUIDFromBytes(id.getBytes(StandardCharsets.UTF_8));
		}
		Instant now = this.clock.instant();
		StoredEvent placeholder = new StoredEvent(uuid, (uuid.version() == 7) ? UuidV7.timestamp(uuid) : now, null,
				"unreadable", new byte[0], 0,
				List.of(new DeliveryFailure(now, "unreadable", null, String.valueOf(ex.getMessage()), List.of())), null,
				Map.of());
		return new DeadLetter(placeholder, DeadLetterReason.INVALID, now);
	}

	/**
	 * Look for due events at a certain time, which may be before the next poll.
	 */
	private void triggerAt(Instant time) {
		Duration wait = Duration.between(this.clock.instant(), time);
		if (wait.compareTo(this.pollingInterval) < 0) {
			this.timers.schedule(this::trigger, Math.max(wait.toMillis(), 0) + 1, TimeUnit.MILLISECONDS);
			return;
		}
		// Polling would see them as well, but polls by the time of the system. However
		// many events wait, there is one timer for each interval
		long intervals = time.toEpochMilli() / this.pollingInterval.toMillis() + 1;
		if (this.triggers.add(intervals)) {
			long due = intervals * this.pollingInterval.toMillis() - this.clock.millis();
			this.timers.schedule(() -> {
				this.triggers.remove(intervals);
				trigger();
			}, due, TimeUnit.MILLISECONDS);
		}
	}

	@Override
	public int inProgress() {
		int later = (this.next != null) ? this.next.inProgress() : 0;
		if (!isRunning() || this.gate.isBlocked()) {
			// Threads that wait for a permit keep their rows
			return later + Math.max(this.gate.inFlight(), this.executing.get() - this.gate.waiting());
		}
		int due = countDue();
		if (due > this.executing.get()) {
			// By the time of a test, which polling does not follow
			trigger();
		}
		return later + Math.max(due, this.executing.get());
	}

	private int countDue() {
		Integer due = this.jdbc.query("select count(*) from " + this.tableName
				+ " where task_name in (?, ?, ?) and (picked = ? or execution_time <= ?)", (statement) -> {
					int index = 1;
					for (String type : TYPES) {
						statement.setString(index++, type);
					}
					statement.setBoolean(index++, true);
					this.customization.setInstant(statement, index, this.clock.instant());
				}, (resultSet) -> resultSet.next() ? resultSet.getInt(1) : 0);
		return (due != null) ? due : 0;
	}

	@Override
	boolean isDrained() {
		return hasNoRows() && (this.next == null || this.next.isDrained());
	}

	private boolean hasNoRows() {
		Integer pending = this.jdbc.queryForObject(
				"select count(*) from " + this.tableName + " where task_name in (?, ?, ?)", Integer.class,
				TYPES.toArray());
		return pending != null && pending == 0;
	}

	@Override
	public void start() {
		synchronized (this.lifecycle) {
			if (this.scheduler != null) {
				return;
			}
			readControl();
			this.gate.open();
			Scheduler created = createScheduler();
			created.start();
			this.scheduler = created;
			this.controlTimer = Schedulers.boundedElastic()
				.schedulePeriodically(this::readControl, CONTROL_INTERVAL.toMillis(), CONTROL_INTERVAL.toMillis(),
						TimeUnit.MILLISECONDS);
		}
	}

	private Scheduler createScheduler() {
		SchedulerBuilder builder = Scheduler.create(this.dataSource, this.tasks)
			.tableName(this.tableName)
			.serializer(RawSerializer.INSTANCE)
			.jdbcCustomization(this.customization)
			.schedulerName(new SchedulerName.Fixed(instanceName()))
			.threads(this.policy.concurrency())
			.executorService(executor())
			.pollingInterval(this.pollingInterval)
			.heartbeatInterval(this.heartbeatInterval)
			.missedHeartbeatsLimit(4)
			.deleteUnresolvedAfter(Duration.ofDays(36_500))
			.shutdownMaxWait(this.policy.shutdownTimeout())
			.clock(this.clock::instant)
			.failureLogging(LogLevel.WARN, true);
		if (this.customization.supportsSingleStatementLockAndFetch()
				|| this.customization.supportsGenericLockAndFetch()) {
			// Not above 1.0: rows in the queue get no heartbeat and would be taken for
			// dead
			return builder.pollUsingLockAndFetch(0.5, 1.0).build();
		}
		return builder.pollUsingFetch(0.5, 3.0).build();
	}

	private ExecutorService executor() {
		ThreadFactory threads;
		try {
			threads = new VirtualThreadTaskExecutor("hopper-outbox-").getVirtualThreadFactory();
		}
		catch (UnsupportedOperationException ex) {
			CustomizableThreadFactory platform = new CustomizableThreadFactory("hopper-outbox-");
			platform.setDaemon(true);
			threads = platform;
		}
		return Executors.newFixedThreadPool(this.policy.concurrency(), threads);
	}

	private static String instanceName() {
		String host;
		try {
			host = InetAddress.getLocalHost().getHostName();
		}
		catch (UnknownHostException ex) {
			host = "unknown";
		}
		String suffix = "-" + UUID.randomUUID().toString().substring(0, 8);
		return host.substring(0, Math.min(host.length(), 40)) + suffix;
	}

	/**
	 * Finish what is being sent, within the shutdown timeout, and hand the rest back.
	 */
	@Override
	public void stop() {
		synchronized (this.lifecycle) {
			Scheduler current = this.scheduler;
			if (current == null) {
				return;
			}
			if (this.controlTimer != null) {
				this.controlTimer.dispose();
			}
			this.gate.close();
			current.stop();
			this.scheduler = null;
		}
	}

	@Override
	public boolean isRunning() {
		return this.scheduler != null;
	}

	@Override
	public void pause(String reason) {
		this.control.lock();
		try {
			super.pause(reason);
			if (this.next != null) {
				this.next.pause(reason);
			}
			byte[] data = reason.getBytes(StandardCharsets.UTF_8);
			transaction().executeWithoutResult((status) -> {
				delete(CONTROL, PAUSED);
				this.client.scheduleBatch(List.of(new TaskInstance<>(CONTROL, PAUSED, data)), NEVER);
			});
		}
		catch (FailedToScheduleBatchException ex) {
			this.logger.debug("Another instance was paused at the same time", ex);
		}
		finally {
			this.control.unlock();
		}
	}

	@Override
	public void resume() {
		this.control.lock();
		try {
			transaction().executeWithoutResult((status) -> delete(CONTROL, PAUSED));
			super.resume();
			if (this.next != null) {
				this.next.resume();
			}
		}
		finally {
			this.control.unlock();
		}
	}

	/**
	 * Follow an operator who has paused or resumed another instance.
	 */
	private void readControl() {
		this.control.lock();
		try {
			List<byte[]> reasons = this.jdbc.query(
					"select task_data from " + this.tableName + " where task_name = ? and task_instance = ?",
					(resultSet, row) -> this.customization.getTaskData(resultSet, "task_data"), CONTROL, PAUSED);
			if (!reasons.isEmpty()) {
				String reason = new String(reasons.get(0), StandardCharsets.UTF_8);
				gates().forEach((any) -> any.pauseByOperator(reason));
			}
			else {
				gates().forEach((any) -> any.resumeByOperator(false));
			}
		}
		catch (DataAccessException ex) {
			this.logger.debug("Whether the outbox is paused could not be read", ex);
		}
		finally {
			this.control.unlock();
		}
	}

	private List<RelayGate> gates() {
		return (this.next != null) ? List.of(this.gate, this.next.gate) : List.of(this.gate);
	}

	private int delete(String taskName, String instance) {
		return this.jdbc.update("delete from " + this.tableName + " where task_name = ? and task_instance = ?",
				taskName, instance);
	}

	@Override
	public EventOutboxState state() {
		Snapshot current = this.snapshot;
		// A test that turns the time asks when it means to know
		if (current == null || this.timers != Schedulers.parallel()
				|| System.nanoTime() - current.readAt() > STATE_AGE.toNanos()) {
			current = readSnapshot();
			this.snapshot = current;
		}
		EventOutboxState state = new EventOutboxState(current.pending(), current.dead(), current.oldest(), isRunning(),
				this.gate.pause());
		return (this.next != null) ? merge(state, this.next.state()) : state;
	}

	private static EventOutboxState merge(EventOutboxState ours, EventOutboxState theirs) {
		Map<String, Long> pending = new TreeMap<>(ours.pending());
		theirs.pending().forEach((type, count) -> pending.merge(type, count, Long::sum));
		Map<String, Long> dead = new TreeMap<>(ours.dead());
		theirs.dead().forEach((type, count) -> dead.merge(type, count, Long::sum));
		return new EventOutboxState(pending, dead,
				(ours.oldestPending() != null) ? ours.oldestPending() : theirs.oldestPending(),
				ours.running() && theirs.running(), (ours.pause() != null) ? ours.pause() : theirs.pause());
	}

	private Snapshot readSnapshot() {
		Map<String, Long> pending = new TreeMap<>();
		Map<String, Long> dead = new TreeMap<>();
		List<UUID> oldest = new ArrayList<>();
		this.jdbc.query("select task_name, count(*), min(task_instance) from " + this.tableName + " group by task_name",
				(resultSet) -> {
					String name = resultSet.getString(1);
					if (TYPES.contains(name)) {
						pending.put(name, resultSet.getLong(2));
						oldest.add(UUID.fromString(resultSet.getString(3)));
					}
					else if (name.startsWith(DEAD_PREFIX)) {
						dead.put(name.substring(DEAD_PREFIX.length()), resultSet.getLong(2));
					}
				});
		return new Snapshot(System.nanoTime(), pending, dead,
				oldest.isEmpty() ? null : UuidV7.timestamp(Collections.min(oldest)));
	}

	@Override
	public List<DeadLetter> deadLetters(DeadLetterFilter filter, @Nullable UUID after, int limit) {
		Assert.notNull(filter, "'filter' must not be null");
		Assert.isTrue(limit > 0, "'limit' must be greater than 0");
		if (this.next != null) {
			return this.next.deadLetters(filter, after, limit);
		}
		return rows(filter, (after != null) ? after.toString() : "", limit).stream().map(Row::letter).toList();
	}

	private List<Row> rows(DeadLetterFilter filter, String after, int limit) {
		List<Row> matching = new ArrayList<>();
		String last = after;
		if (filter.storedFrom() != null) {
			String from = UuidV7.first(filter.storedFrom()).toString();
			last = (from.compareTo(last) > 0) ? from : last;
		}
		List<Row> page;
		do {
			page = page(filter, last);
			for (Row row : page) {
				last = row.id();
				if (filter.matches(row.letter())) {
					matching.add(row);
				}
				if (matching.size() == limit) {
					return matching;
				}
			}
		}
		while (page.size() == PAGE);
		return matching;
	}

	private List<Row> page(DeadLetterFilter filter, String after) {
		List<String> names = (filter.type() != null) ? List.of(DEAD_PREFIX + StoredEvent.countedType(filter.type()))
				: TYPES.stream().map((type) -> DEAD_PREFIX + type).toList();
		String placeholders = String.join(", ", Collections.nCopies(names.size(), "?"));
		List<Object> arguments = new ArrayList<>(names);
		arguments.add(after);
		JdbcTemplate limited = new JdbcTemplate(this.dataSource);
		limited.setMaxRows(PAGE);
		return limited.query(
				"select task_name, task_instance, task_data from " + this.tableName + " where task_name in ("
						+ placeholders + ") and task_instance > ? order by task_instance",
				rowMapper(), arguments.toArray());
	}

	private RowMapper<Row> rowMapper() {
		return (resultSet, number) -> {
			String id = resultSet.getString("task_instance");
			byte[] data = this.customization.getTaskData(resultSet, "task_data");
			DeadLetter letter;
			try {
				letter = StoredEventJson.readDeadLetter(data);
			}
			catch (IllegalArgumentException ex) {
				letter = unreadable(id, ex);
			}
			return new Row(resultSet.getString("task_name"), id, letter);
		};
	}

	@Override
	public Optional<DeadLetter> deadLetter(UUID id) {
		return (this.next != null) ? this.next.deadLetter(id) : row(id).map(Row::letter);
	}

	private Optional<Row> row(UUID id) {
		return this.jdbc
			.query("select task_name, task_instance, task_data from " + this.tableName
					+ " where task_name in (?, ?, ?) and task_instance = ?", rowMapper(), DEAD_PREFIX + TYPES.get(0),
					DEAD_PREFIX + TYPES.get(1), DEAD_PREFIX + TYPES.get(2), id.toString())
			.stream()
			.findFirst();
	}

	@Override
	public boolean replay(UUID id) {
		return (this.next != null) ? this.next.replay(id) : row(id).map(List::of).map(this::replay).orElse(0L) > 0;
	}

	@Override
	public long replayAll(DeadLetterFilter filter) {
		return (this.next != null) ? this.next.replayAll(filter) : forEachPage(filter, this::replay);
	}

	private long replay(List<Row> rows) {
		List<StoredEvent> events = new ArrayList<>();
		transaction().executeWithoutResult((status) -> {
			List<TaskInstance<?>> instances = new ArrayList<>();
			for (Row row : rows) {
				// What cannot be read stays where it is
				boolean readable = !row.letter().event().type().equals("unreadable");
				if (readable && delete(row.taskName(), row.id()) == 1) {
					StoredEvent event = row.letter().event().replayed(this.clock.instant());
					instances.add(new TaskInstance<>(event.countedType(), row.id(), StoredEventJson.write(event)));
					events.add(event);
				}
			}
			if (!instances.isEmpty()) {
				this.client.scheduleBatch(instances, this.clock.instant());
			}
			Transactions.whenOver(this.replays, events, (committed) -> {
				committed.forEach(this.listeners::replayed);
				trigger();
			}, (rolledBack) -> {
			});
		});
		this.snapshot = null;
		return events.size();
	}

	@Override
	public boolean discard(UUID id, String reason) {
		Assert.hasText(reason, "'reason' must not be empty");
		return (this.next != null) ? this.next.discard(id, reason)
				: row(id).map(List::of).map((rows) -> discard(rows, reason)).orElse(0L) > 0;
	}

	@Override
	public long discardAll(DeadLetterFilter filter, String reason) {
		Assert.hasText(reason, "'reason' must not be empty");
		return (this.next != null) ? this.next.discardAll(filter, reason)
				: forEachPage(filter, (rows) -> discard(rows, reason));
	}

	private long discard(List<Row> rows, String reason) {
		List<StoredEvent> events = new ArrayList<>();
		transaction().executeWithoutResult((status) -> rows.stream()
			.filter((row) -> delete(row.taskName(), row.id()) == 1)
			.forEach((row) -> events.add(row.letter().event())));
		this.snapshot = null;
		events.forEach((event) -> discarded(event, reason));
		return events.size();
	}

	private long forEachPage(DeadLetterFilter filter, ToLongFunction<List<Row>> action) {
		Assert.notNull(filter, "'filter' must not be null");
		long count = 0;
		String last = "";
		List<Row> rows;
		do {
			rows = rows(filter, last, PAGE);
			if (!rows.isEmpty()) {
				last = rows.get(rows.size() - 1).id();
				count += action.applyAsLong(rows);
			}
		}
		while (rows.size() == PAGE);
		return count;
	}

	/**
	 * A dead letter and where it is.
	 */
	private record Row(String taskName, String id, DeadLetter letter) {

	}

	/**
	 * What the table was like a moment ago.
	 */
	private record Snapshot(long readAt, Map<String, Long> pending, Map<String, Long> dead, @Nullable Instant oldest) {

	}

	/**
	 * Leaves the data as it is: what is stored is our JSON, and never what Java
	 * serialization makes of it.
	 */
	private enum RawSerializer implements Serializer {

		INSTANCE;

		@Override
		public byte[] serialize(Object data) {
			return (byte[]) data;
		}

		@Override
		public <T> T deserialize(Class<T> type, byte[] data) {
			return type.cast(data);
		}

	}

	/**
	 * Builder of {@link JdbcEventOutbox}.
	 */
	public static final class Builder extends OutboxBuilder<Builder> {

		private final DataSource dataSource;

		private final PlatformTransactionManager transactionManager;

		private String tableName = DEFAULT_TABLE_NAME;

		private Duration pollingInterval = Duration.ofSeconds(10);

		private Duration heartbeatInterval = HEARTBEAT;

		private @Nullable AbstractEventOutbox next;

		private Builder(EventPublisher publisher, DataSource dataSource,
				PlatformTransactionManager transactionManager) {
			super(publisher);
			Assert.notNull(dataSource, "'dataSource' must not be null");
			Assert.notNull(transactionManager, "'transactionManager' must not be null");
			this.dataSource = dataSource;
			this.transactionManager = transactionManager;
		}

		/**
		 * Set the name of the table.
		 * @param tableName the name, with the schema if need be
		 * @return this builder
		 */
		public Builder tableName(String tableName) {
			Assert.isTrue(tableName.matches("[A-Za-z0-9_.$]+"),
					"'tableName' must consist of letters, digits, '_', '.' and '$'");
			this.tableName = tableName;
			return this;
		}

		/**
		 * Set how often to look for events that other instances have stored or left
		 * behind. Events stored by this instance are seen at once.
		 * @param pollingInterval the interval, ten seconds by default
		 * @return this builder
		 */
		public Builder pollingInterval(Duration pollingInterval) {
			Assert.notNull(pollingInterval, "'pollingInterval' must not be null");
			this.pollingInterval = pollingInterval;
			return this;
		}

		/**
		 * Set how often rows that are worked on are marked. For tests: whoever misses
		 * four of these is taken for dead.
		 */
		Builder heartbeatInterval(Duration heartbeatInterval) {
			this.heartbeatInterval = heartbeatInterval;
			return this;
		}

		/**
		 * Hand events over to another outbox of this package after the commit, instead of
		 * sending them: stored in the caller's transaction, and delivered by an engine
		 * that takes more than one database does. Dead letters are kept there.
		 * @param next the outbox, which has to be started before and stopped after this
		 * one
		 * @return this builder
		 */
		public Builder handOverTo(EventOutbox next) {
			Assert.isInstanceOf(AbstractEventOutbox.class, next, "'next' must be an outbox of this package");
			this.next = (AbstractEventOutbox) next;
			return this;
		}

		/**
		 * Build the outbox, which has to be {@link JdbcEventOutbox#start() started}.
		 * @return the outbox
		 */
		public JdbcEventOutbox build() {
			return new JdbcEventOutbox(this);
		}

	}

}
