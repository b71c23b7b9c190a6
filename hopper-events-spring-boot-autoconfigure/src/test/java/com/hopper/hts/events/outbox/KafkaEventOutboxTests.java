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

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.EventNotStoredException;
import com.hopper.hts.events.OffersDisplayed;
import com.hopper.hts.events.SessionEvent;
import com.hopper.hts.events.outbox.kafka.KafkaStores;
import com.hopper.hts.events.test.FakeHopperApi;
import com.hopper.hts.events.test.ReceivedEvent;
import com.hopper.hts.events.test.Fault;
import kafka.server.BrokerServer;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.kafka.test.EmbeddedKafkaKraftBroker;
import org.springframework.transaction.support.TransactionTemplate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.awaitility.Awaitility.await;

/**
 * Tests for the outbox in Kafka with a real broker.
 */
class KafkaEventOutboxTests {

	private static final Instant TIME = Instant.parse("2026-05-04T10:15:30Z");

	private static final Duration SECONDS = Duration.ofSeconds(30);

	private static final AtomicInteger number = new AtomicInteger();

	private static EmbeddedKafkaKraftBroker broker;

	private final FakeHopperApi api = FakeHopperApi.builder().token(TestPublishers.TOKEN).start();

	private final RecordingListener listener = new RecordingListener();

	private final List<TestOutbox> outboxes = new ArrayList<>();

	private final String topic = "events-" + number.incrementAndGet();

	private RelayPolicy policy = new RelayPolicy(8, Duration.ofHours(72), Duration.ofMillis(10), Duration.ofMillis(50),
			Duration.ofMillis(200), Duration.ofSeconds(5));

	private TestOutbox outbox;

	@BeforeAll
	static void startBroker() {
		broker = new EmbeddedKafkaKraftBroker(1, 1);
		broker.brokerProperty("group.initial.rebalance.delay.ms", "0");
		broker.brokerProperty("auto.create.topics.enable", "false");
		broker.brokerProperty("transaction.state.log.replication.factor", "1");
		broker.brokerProperty("transaction.state.log.min.isr", "1");
		broker.brokerProperty("transaction.state.log.num.partitions", "1");
		broker.afterPropertiesSet();
	}

	@AfterAll
	static void stopBroker() {
		broker.destroy();
	}

	@BeforeEach
	void start() {
		this.outbox = start(this.topic, true);
	}

	private TestOutbox start(String name, boolean createTopics) {
		TestOutbox created = TestOutbox.builder(TestPublishers.create(this.api))
			.policy(this.policy)
			.listeners(List.of(this.listener))
			.build(new KafkaStores(name, createTopics, 2, properties(), consumerProperties(), properties())
				.create(this.policy.maxAge(), this.policy.shutdownTimeout()));
		this.outboxes.add(created);
		created.start();
		return created;
	}

	private static Map<String, Object> properties() {
		return Map.of("bootstrap.servers", broker.getBrokersAsString());
	}

	private static Map<String, Object> consumerProperties() {
		Map<String, Object> properties = new HashMap<>(properties());
		// Paused for longer than this, a consumer that blocks is thrown out of its group
		properties.put("max.poll.interval.ms", 4000);
		properties.put("session.timeout.ms", 6000);
		properties.put("heartbeat.interval.ms", 500);
		properties.put("fetch.max.wait.ms", 100);
		return properties;
	}

	@AfterEach
	void stop() {
		this.outboxes.forEach((each) -> {
			each.pause("end of test");
			each.stop();
		});
		this.api.close();
	}

	@Test
	void storedEventArrives() {
		UUID id = this.outbox.store("session-1", booking(1));
		assertThat(this.listener.stored).extracting(StoredEvent::id).containsExactly(id);
		assertThat(this.outbox.flush(SECONDS)).isTrue();
		assertThat(this.api.received()).singleElement().satisfies((received) -> {
			assertThat(received.sessionId()).isEqualTo("session-1");
			assertThat(received.event()).isEqualTo(booking(1));
		});
		assertThat(this.listener.delivered).extracting(StoredEvent::id).containsExactly(id);
		try (Consumer<byte[], byte[]> reader = topics().createReader()) {
			assertThat(read(reader, this.topic)).singleElement()
				.satisfies((consumed) -> assertThat(new String(consumed.key(), StandardCharsets.UTF_8))
					.isEqualTo("session-1"));
		}
	}

	@Test
	void topicsAreCreatedToKeepWhatTheyMust() throws Exception {
		try (Admin admin = Admin.create(properties())) {
			assertThat(admin.describeTopics(List.of(this.topic)).allTopicNames().get().get(this.topic).partitions())
				.hasSize(2);
			ConfigResource events = new ConfigResource(ConfigResource.Type.TOPIC, this.topic);
			ConfigResource dead = new ConfigResource(ConfigResource.Type.TOPIC, this.topic + "-dead");
			Map<ConfigResource, org.apache.kafka.clients.admin.Config> configs = admin
				.describeConfigs(List.of(events, dead))
				.all()
				.get();
			assertThat(configs.get(events).get("cleanup.policy").value()).isEqualTo("delete");
			assertThat(Long.parseLong(configs.get(events).get("retention.ms").value()))
				.isEqualTo(Duration.ofDays(14).toMillis());
			assertThat(configs.get(dead).get("cleanup.policy").value()).isEqualTo("compact");
		}
	}

	@Test
	void missingTopicsAreNamedWhenTheyAreNotToBeCreated() {
		assertThatIllegalStateException().isThrownBy(() -> start("missing", false))
			.withMessageContaining("'missing'")
			.withMessageContaining("hopper.outbox.kafka.create-topics");
	}

	@Test
	void outboxThatCannotStartLeavesNoThreads() {
		Map<String, Object> properties = new HashMap<>(properties());
		properties.put("client.id", "of-no-use");
		TestOutbox missing = TestOutbox.builder(TestPublishers.create(this.api))
			.build(new KafkaStores("missing", false, -1, properties, properties, properties)
				.create(this.policy.maxAge(), this.policy.shutdownTimeout()));
		assertThatIllegalStateException().isThrownBy(missing::start);
		assertThat(missing.isRunning()).isFalse();
		await().untilAsserted(() -> assertThat(Thread.getAllStackTraces().keySet()).extracting(Thread::getName)
			.noneMatch((name) -> name.contains("of-no-use")));
	}

	@Test
	void batchAndBookingWithoutSessionArrive() {
		this.outbox
			.storeAll(List.of(SessionEvent.of("session-1", booking(1)), SessionEvent.of("session-2", booking(2))));
		this.outbox.store(BookingConfirmed.occurredAt(TIME).withCfarOfferIds("offer-1"));
		assertThat(this.outbox.flush(SECONDS)).isTrue();
		assertThat(this.api.received()).extracting(ReceivedEvent::sessionId)
			.containsExactlyInAnyOrder("session-1", "session-2", null);
	}

	@Test
	void refusedEventIsDeadAtOnceHoldsNothingUpAndIsReplayed() {
		this.api.failNext(1, Fault.status(422));
		UUID refused = this.outbox.store("session-1", booking(1));
		await().atMost(SECONDS).until(() -> this.listener.dead.size() == 1);
		this.outbox.store("session-1", booking(2));
		assertThat(this.outbox.flush(SECONDS)).isTrue();
		assertThat(this.api.received()).hasSize(1);
		assertThat(this.outbox.deadLetter(refused)).hasValueSatisfying((letter) -> {
			assertThat(letter.reason()).isEqualTo(DeadLetterReason.REJECTED);
			assertThat(letter.event().failures()).singleElement()
				.satisfies((failure) -> assertThat(failure.statusCode()).isEqualTo(422));
			assertThat(letter.event().event()).isEqualTo(booking(1));
		});
		assertThat(this.outbox.state().dead()).containsEntry("booking_confirmed", 1L);
		assertThat(this.outbox.replay(refused)).isTrue();
		assertThat(this.outbox.replay(refused)).isFalse();
		assertThat(this.outbox.flush(SECONDS)).isTrue();
		assertThat(this.api.received()).hasSize(2);
		assertThat(this.outbox.deadLetter(refused)).isEmpty();
		assertThat(this.outbox.state().deadCount()).isZero();
		assertThat(this.listener.replayed).hasValue(1);
		try (Consumer<byte[], byte[]> reader = topics().createReader()) {
			List<ConsumerRecord<byte[], byte[]>> records = read(reader, this.topic + "-dead");
			assertThat(records).hasSize(2);
			assertThat(records.get(0).headers().lastHeader("hopper-reason").value()).asString().isEqualTo("REJECTED");
			assertThat(records.get(1).value()).isNull();
		}
	}

	@Test
	void deadLettersAreListedAndDiscarded() {
		List<UUID> ids = new ArrayList<>();
		for (int i = 0; i < 4; i++) {
			this.api.failNext(1, Fault.status(400));
			ids.add((i == 3) ? this.outbox.store("session-1", OffersDisplayed.occurredAt(TIME))
					: this.outbox.store("session-" + i, booking(i)));
			int count = i + 1;
			await().atMost(SECONDS).until(() -> this.listener.dead.size() == count);
		}
		assertThat(this.outbox.deadLetters(DeadLetterFilter.all(), null, 2)).extracting((letter) -> letter.event().id())
			.containsExactly(ids.get(0), ids.get(1));
		assertThat(this.outbox.deadLetters(DeadLetterFilter.all(), ids.get(1), 5))
			.extracting((letter) -> letter.event().id())
			.containsExactly(ids.get(2), ids.get(3));
		assertThat(this.outbox.deadLetters(DeadLetterFilter.all().withType("offers_displayed"), null, 10)).hasSize(1);
		assertThat(this.outbox.discard(ids.get(1), "test")).isTrue();
		assertThat(this.outbox.discard(ids.get(1), "test")).isFalse();
		assertThat(this.outbox.replayAll(DeadLetterFilter.all().withType("booking_confirmed"))).isEqualTo(2);
		assertThat(this.outbox.discardAll(DeadLetterFilter.all(), "test")).isOne();
		assertThat(this.outbox.flush(SECONDS)).isTrue();
		assertThat(this.api.received()).hasSize(2);
		assertThat(this.listener.discarded(DiscardReason.OPERATOR)).hasSize(2);
		assertThat(this.outbox.deadLetters(DeadLetterFilter.all(), null, 10)).isEmpty();
	}

	@Test
	void twoInstancesReplayEveryDeadLetterOnce() {
		this.api.failRandomly(1, 1, Fault.status(422));
		IntStream.range(0, 20).forEach((i) -> this.outbox.store("session-" + i, booking(i)));
		await().atMost(SECONDS).until(() -> this.listener.dead.size() == 20);
		this.api.recover();
		TestOutbox other = start(this.topic, true);
		long replayed = Mono.zip(
				Mono.fromCallable(() -> this.outbox.replayAll(DeadLetterFilter.all()))
					.subscribeOn(Schedulers.boundedElastic()),
				Mono.fromCallable(() -> other.replayAll(DeadLetterFilter.all()))
					.subscribeOn(Schedulers.boundedElastic()),
				Long::sum)
			.block(SECONDS);
		assertThat(replayed).isEqualTo(20);
		assertThat(this.outbox.flush(SECONDS)).isTrue();
		assertThat(bookings()).hasSize(20);
		try (Consumer<byte[], byte[]> reader = topics().createReader()) {
			assertThat(read(reader, this.topic)).hasSize(40);
		}
	}

	@Test
	void recordThatIsNoEventIsDeadAndNothingIsSentTwice() throws Exception {
		this.outbox.pause("test");
		this.outbox.store("session-1", booking(1));
		try (Producer<byte[], byte[]> producer = topics().createProducer()) {
			producer.send(new ProducerRecord<>(this.topic, bytes("session-1"), bytes("{\"not\":\"ours\""))).get();
			producer.send(new ProducerRecord<>(this.topic, bytes("session-1"), null)).get();
		}
		this.outbox.store("session-1", booking(2));
		this.outbox.resume();
		assertThat(this.outbox.flush(SECONDS)).isTrue();
		assertThat(bookings()).containsExactlyInAnyOrder(1, 2);
		assertThat(this.api.requests()).hasSize(2);
		List<DeadLetter> letters = this.outbox.deadLetters(DeadLetterFilter.all(), null, 10);
		assertThat(letters).hasSize(2)
			.allSatisfy((letter) -> assertThat(letter.reason()).isEqualTo(DeadLetterReason.INVALID));
		try (Consumer<byte[], byte[]> reader = topics().createReader()) {
			assertThat(read(reader, this.topic + "-dead")).extracting((consumed) -> new String(consumed.value()))
				.containsExactlyInAnyOrder("{\"not\":\"ours\"", "");
		}
		// Still nothing that could be sent
		assertThat(this.outbox.replay(letters.get(0).event().id())).isTrue();
		assertThat(this.outbox.flush(SECONDS)).isTrue();
		assertThat(this.api.requests()).hasSize(2);
		assertThat(this.outbox.deadLetters(DeadLetterFilter.all(), null, 10)).hasSize(2);
	}

	@Test
	void outageLosesNothingAndCausesNoRebalance() {
		String member = await().atMost(SECONDS).until(this::member, (id) -> !id.isEmpty());
		this.api.failRandomly(1, 1, Fault.status(503));
		IntStream.range(0, 300).forEach((i) -> this.outbox.store("session-" + i, booking(i)));
		await().until(() -> this.outbox.state().pause() != null);
		assertThat(this.outbox.state().pause().reason()).isEqualTo(PauseReason.API_UNAVAILABLE);
		Instant begin = Instant.now();
		// Longer than the broker waits for a consumer that does not poll
		await().atMost(SECONDS).until(() -> Duration.between(begin, Instant.now()).toMillis() > 6000);
		assertThat(this.outbox.state().pending()).containsEntry(EventOutboxState.ALL_TYPES, 300L);
		this.api.recover();
		assertThat(this.outbox.flush(SECONDS)).isTrue();
		assertThat(this.api.received()).hasSize(300);
		assertThat(bookings()).hasSize(300);
		assertThat(member()).isEqualTo(member);
		assertThat(this.outbox.state().deadCount()).isZero();
		await().atMost(SECONDS).until(() -> this.outbox.state().pendingCount() == 0);
	}

	@Test
	void refusedTokenPausesTheRelayAndNoEventIsGivenUp() {
		this.api.revokeToken(TestPublishers.TOKEN);
		IntStream.range(0, 50).forEach((i) -> this.outbox.store("session-" + i, booking(i)));
		await().until(() -> this.outbox.state().pause() != null);
		assertThat(this.outbox.state().pause().reason()).isEqualTo(PauseReason.UNAUTHORIZED);
		await().atMost(SECONDS).until(() -> this.api.requests().size() >= 11);
		// The first eight at a time, then one after the other
		assertThat(this.api.requests().size()).isLessThan(20);
		this.api.acceptToken(TestPublishers.TOKEN);
		assertThat(this.outbox.flush(SECONDS)).isTrue();
		assertThat(this.api.received()).hasSize(50);
		assertThat(this.outbox.state().pause()).isNull();
		assertThat(this.outbox.deadLetters(DeadLetterFilter.all(), null, 10)).isEmpty();
	}

	@Test
	void retryAfterIsExactAndHoldsNothingUp() {
		this.api.failNext(1, Fault.status(503).withRetryAfter("6"));
		Instant before = Instant.now();
		this.outbox.store("session-1", booking(1));
		await().atMost(SECONDS).until(() -> this.listener.retrying.size() == 1);
		IntStream.range(2, 20).forEach((i) -> {
			this.outbox.store("session-1", booking(i));
			await().atMost(Duration.ofSeconds(4)).until(() -> bookings().contains(i));
		});
		assertThat(this.outbox.flush(SECONDS)).isTrue();
		assertThat(Duration.between(before, Instant.now())).isGreaterThanOrEqualTo(Duration.ofSeconds(6));
		assertThat(this.api.received()).hasSize(19);
		assertThat(this.api.requests()).hasSize(20);
		assertThat(this.listener.delivered).filteredOn((event) -> event.attempts() == 1).hasSize(1);
	}

	@Test
	void failureThatPassesIsRetriedWithGrowingWaits() {
		this.api.failNext(3, Fault.status(503));
		this.outbox.store("session-1", booking(1));
		assertThat(this.outbox.flush(SECONDS)).isTrue();
		assertThat(this.api.received()).hasSize(1);
		assertThat(this.listener.retrying).extracting(StoredEvent::attempts).containsExactly(1, 2, 3);
	}

	@Test
	void instancesShareTheWorkAndTheEndOfOneLosesNothing() {
		TestOutbox other = start(this.topic, true);
		await().atMost(SECONDS).until(() -> assignments().size() == 2);
		this.api.failRandomly(0.2, 42, Fault.delay(Duration.ofMillis(20)));
		IntStream.range(0, 500).forEach((i) -> this.outbox.store("session-" + i, booking(i)));
		other.stop();
		IntStream.range(500, 700).forEach((i) -> this.outbox.store("session-" + i, booking(i)));
		assertThat(this.outbox.flush(SECONDS)).isTrue();
		assertThat(bookings()).hasSize(700);
		assertThat(this.api.received()).hasSize(700);
		assertThatExceptionOfType(EventNotStoredException.class).isThrownBy(() -> other.store("session-1", booking(1)))
			.withMessageContaining("shutting down");
	}

	@Test
	void replayThatIsNotReadableYetIsPending() {
		assertThat(this.outbox.flush(SECONDS)).isTrue();
		try (Producer<byte[], byte[]> operator = topics().createOperator()) {
			operator.initTransactions();
			operator.beginTransaction();
			operator.send(new ProducerRecord<>(this.topic, bytes("session-1"), bytes("{}"))).get();
			assertThat(this.outbox.isDrained()).isFalse();
			operator.abortTransaction();
		}
		catch (InterruptedException | ExecutionException ex) {
			throw new IllegalStateException(ex);
		}
		// What was aborted and the mark of that are passed without being read
		assertThat(this.outbox.flush(SECONDS)).isTrue();
		assertThat(this.api.requests()).isEmpty();
	}

	@Test
	@ExtendWith(OutputCaptureExtension.class)
	void restartOfTheBrokerLosesNothing(CapturedOutput output) {
		assertThat(replayOne()).isTrue();
		this.outbox.pause("test");
		IntStream.range(0, 50).forEach((i) -> this.outbox.store("session-" + i, booking(i)));
		broker.getCluster().brokers().values().forEach(BrokerServer::shutdown);
		try {
			assertThatExceptionOfType(EventNotStoredException.class)
				.isThrownBy(() -> this.outbox.store("session-1", booking(50)))
				.withMessageContaining("'" + this.topic + "'");
			this.outbox.resume();
			assertThat(this.outbox.isDrained()).isFalse();
		}
		finally {
			broker.getCluster().brokers().values().forEach(BrokerServer::startup);
		}
		this.outbox.store("session-1", booking(51));
		assertThat(this.outbox.flush(SECONDS.multipliedBy(2))).isTrue();
		assertThat(bookings()).hasSizeGreaterThanOrEqualTo(51).contains(51).doesNotContain(52);
		// Nothing that somebody would have to look after
		assertThat(output.getAll().lines().filter((line) -> line.contains(" ERROR "))).isEmpty();
	}

	private boolean replayOne() {
		this.api.failNext(1, Fault.status(422));
		UUID refused = this.outbox.store("session-1", booking(0));
		await().atMost(SECONDS).until(() -> this.listener.dead.size() == 1);
		return this.outbox.replay(refused) && this.outbox.flush(SECONDS);
	}

	@Test
	void everythingStoredEndsInOnePlace() {
		this.api.failRandomly(0.3, 42, Fault.status(503), Fault.status(422), Fault.reset(), Fault.resetAfterAccepting(),
				Fault.status(429).withRetryAfter("0"));
		IntStream.range(0, 1000).forEach((i) -> this.outbox.store("session-" + i, booking(i)));
		assertThat(this.outbox.flush(SECONDS)).isTrue();
		assertThat(this.listener.delivered.size() + this.listener.dead.size()).isEqualTo(1000);
		assertThat(this.outbox.state().deadCount()).isEqualTo(this.listener.dead.size());
	}

	@Test
	void transactionDecides() {
		TransactionTemplate transactions = new TransactionTemplate(new TestTransactionManager());
		transactions.executeWithoutResult((status) -> {
			this.outbox.store("session-1", booking(2));
			status.setRollbackOnly();
		});
		assertThat(this.listener.discarded(DiscardReason.ROLLED_BACK)).hasSize(1);
		transactions.executeWithoutResult((status) -> {
			this.outbox.store("session-1", booking(1));
			assertThat(this.listener.stored).isEmpty();
		});
		assertThat(this.outbox.flush(SECONDS)).isTrue();
		assertThat(bookings()).containsExactly(1);
		try (Consumer<byte[], byte[]> reader = topics().createReader()) {
			assertThat(read(reader, this.topic)).hasSize(1);
		}
	}

	@Test
	void eventLoopIsRefused() {
		assertThatIllegalStateException()
			.isThrownBy(() -> Mono.fromCallable(() -> this.outbox.store("session-1", booking(1)))
				.subscribeOn(Schedulers.parallel())
				.block())
			.withMessageContaining("boundedElastic");
		assertThat(this.listener.stored).isEmpty();
	}

	@Test
	void operatorPausesAndResumes() {
		this.outbox.pause("maintenance");
		this.outbox.store("session-1", booking(1));
		assertThat(this.outbox.flush(Duration.ofMillis(500))).isFalse();
		assertThat(this.api.requests()).isEmpty();
		this.outbox.resume();
		assertThat(this.outbox.flush(Duration.ofSeconds(10))).isTrue();
		assertThat(this.api.received()).hasSize(1);
	}

	@Test
	void startsAgainWhereItStopped() {
		this.outbox.pause("test");
		IntStream.range(0, 10).forEach((i) -> this.outbox.store("session-" + i, booking(i)));
		this.outbox.stop();
		assertThat(this.outbox.isRunning()).isFalse();
		assertThat(this.api.requests()).isEmpty();
		this.outbox.resume();
		this.outbox.start();
		assertThat(this.outbox.flush(SECONDS)).isTrue();
		assertThat(this.api.received()).hasSize(10);
	}

	/**
	 * Return who consumes and which generation the group has.
	 */
	private String member() {
		return assignments().toString();
	}

	private Set<String> assignments() {
		try (Admin admin = Admin.create(properties())) {
			ConsumerGroupDescription group = admin.describeConsumerGroups(List.of(this.topic))
				.all()
				.get()
				.get(this.topic);
			Set<String> members = new HashSet<>();
			group.members().forEach((member) -> {
				if (!member.assignment().topicPartitions().isEmpty()) {
					members.add(member.consumerId() + member.assignment());
				}
			});
			return members;
		}
		catch (InterruptedException | ExecutionException ex) {
			return Set.of();
		}
	}

	private Set<Integer> bookings() {
		Set<Integer> numbers = new HashSet<>();
		this.api.received()
			.forEach((event) -> numbers
				.add(Integer.valueOf(event.request().body().replaceAll("(?s).*\"contract-(\\d+)\".*", "$1"))));
		return numbers;
	}

	private KafkaStores topics() {
		return new KafkaStores(this.topic, true, 2, properties(), properties(), properties());
	}

	private static List<ConsumerRecord<byte[], byte[]>> read(Consumer<byte[], byte[]> reader, String topic) {
		List<TopicPartition> partitions = List.of(new TopicPartition(topic, 0), new TopicPartition(topic, 1));
		reader.assign(partitions);
		reader.seekToBeginning(partitions);
		Map<TopicPartition, Long> ends = reader.endOffsets(partitions);
		List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
		while (partitions.stream().anyMatch((partition) -> reader.position(partition) < ends.get(partition))) {
			reader.poll(Duration.ofMillis(100)).forEach(records::add);
		}
		return records;
	}

	private static byte[] bytes(String value) {
		return value.getBytes(StandardCharsets.UTF_8);
	}

	private static BookingConfirmed booking(int number) {
		return BookingConfirmed.occurredAt(TIME).withCfarContractId("contract-" + number);
	}

}
