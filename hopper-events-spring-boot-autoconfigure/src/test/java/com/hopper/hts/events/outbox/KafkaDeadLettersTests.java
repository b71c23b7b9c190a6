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
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.stream.IntStream;

import com.hopper.hts.events.OffersDisplayed;
import com.hopper.hts.events.outbox.kafka.KafkaStores;
import com.hopper.hts.events.test.Fault;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for dead letters in Kafka with a real broker.
 */
class KafkaDeadLettersTests extends KafkaOutboxFixture {

	@Test
	void refusedEventIsDeadAtOnceHoldsNothingUpAndIsReplayed() {
		this.api.failNext(1, Fault.status(422));
		UUID refused = this.outbox.store("session-1", booking(1));
		await().atMost(SECONDS).until(() -> this.listener.dead.size() == 1);
		this.outbox.store("session-1", booking(2));
		assertThat(this.outbox.flush(SECONDS)).isTrue();
		assertThat(this.api.received()).hasSize(1);
		assertThat(this.outbox.deadLetter(refused)).hasValueSatisfying((letter) -> {
			assertThat(letter.reason()).isEqualTo(DeadLetter.Reason.REJECTED);
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
	void nothingIsWaitedForAlthoughConsumersOfTheApplicationWaitForMore() {
		this.outbox.stop();
		Map<String, Object> consumer = new HashMap<>(consumerProperties());
		consumer.put("fetch.min.bytes", 10_000_000);
		consumer.put("fetch.max.wait.ms", 300_000);
		TestOutbox other = create(new KafkaStores(this.topic, true, 2, properties(), consumer, properties()));
		this.outboxes.add(other);
		other.start();
		this.api.failNext(1, Fault.status(422));
		other.store("session-1", booking(1));
		await().atMost(SECONDS).until(() -> this.listener.dead.size() == 1);
		assertThat(other.deadLetters(DeadLetter.Filter.all(), null, 10)).hasSize(1);
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
		assertThat(this.outbox.deadLetters(DeadLetter.Filter.all(), null, 2))
			.extracting((letter) -> letter.event().id())
			.containsExactly(ids.get(0), ids.get(1));
		assertThat(this.outbox.deadLetters(DeadLetter.Filter.all(), ids.get(1), 5))
			.extracting((letter) -> letter.event().id())
			.containsExactly(ids.get(2), ids.get(3));
		assertThat(this.outbox.deadLetters(DeadLetter.Filter.all().withType("offers_displayed"), null, 10)).hasSize(1);
		assertThat(this.outbox.discard(ids.get(1), "test")).isTrue();
		assertThat(this.outbox.discard(ids.get(1), "test")).isFalse();
		assertThat(this.outbox.replayAll(DeadLetter.Filter.all().withType("booking_confirmed"))).isEqualTo(2);
		assertThat(this.outbox.discardAll(DeadLetter.Filter.all(), "test")).isOne();
		assertThat(this.outbox.flush(SECONDS)).isTrue();
		assertThat(this.api.received()).hasSize(2);
		assertThat(this.listener.discarded(EventDeliveryListener.DiscardReason.OPERATOR)).hasSize(2);
		assertThat(this.outbox.deadLetters(DeadLetter.Filter.all(), null, 10)).isEmpty();
	}

	@Test
	void twoInstancesReplayEveryDeadLetterOnce() {
		this.api.failRandomly(1, 1, Fault.status(422));
		IntStream.range(0, 20).forEach((i) -> this.outbox.store("session-" + i, booking(i)));
		await().atMost(SECONDS).until(() -> this.listener.dead.size() == 20);
		this.api.recover();
		TestOutbox other = start(this.topic, true);
		long replayed = Mono.zip(
				Mono.fromCallable(() -> this.outbox.replayAll(DeadLetter.Filter.all()))
					.subscribeOn(Schedulers.boundedElastic()),
				Mono.fromCallable(() -> other.replayAll(DeadLetter.Filter.all()))
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
	void deadLettersAreRemovedWhereTheyWereWrittenAlthoughTheTopicHasMorePartitions() throws Exception {
		this.api.failRandomly(1, 1, Fault.status(422));
		IntStream.range(0, 10).forEach((i) -> this.outbox.store("session-" + i, booking(i)));
		await().atMost(SECONDS).until(() -> this.listener.dead.size() == 10);
		try (Admin admin = Admin.create(properties())) {
			admin.createPartitions(Map.of(this.topic + "-dead", NewPartitions.increaseTo(6))).all().get();
		}
		TestOutbox restarted = start(this.topic, true);
		assertThat(restarted.discardAll(DeadLetter.Filter.all(), "test")).isEqualTo(10);
		assertThat(restarted.deadLetters(DeadLetter.Filter.all(), null, 10)).isEmpty();
	}

	@Test
	void whatAnOperatorHasDoneCanBeReadWhenItIsReported() throws Exception {
		this.api.failRandomly(1, 1, Fault.status(422));
		List<UUID> ids = IntStream.range(0, 30).mapToObj((i) -> this.outbox.store("session-" + i, booking(i))).toList();
		await().atMost(SECONDS).until(() -> this.listener.dead.size() == ids.size());
		try (Admin admin = Admin.create(properties())) {
			for (UUID id : ids) {
				assertThat(this.outbox.discard(id, "test")).isTrue();
				assertThat(ends(admin, IsolationLevel.READ_COMMITTED))
					.isEqualTo(ends(admin, IsolationLevel.READ_UNCOMMITTED));
			}
		}
	}

	private List<Long> ends(Admin admin, IsolationLevel isolation) throws Exception {
		String name = this.topic + "-dead";
		Map<TopicPartition, OffsetSpec> latest = Map.of(new TopicPartition(name, 0), OffsetSpec.latest(),
				new TopicPartition(name, 1), OffsetSpec.latest());
		Map<TopicPartition, ListOffsetsResultInfo> ends = admin.listOffsets(latest, new ListOffsetsOptions(isolation))
			.all()
			.get();
		return List.of(ends.get(new TopicPartition(name, 0)).offset(), ends.get(new TopicPartition(name, 1)).offset());
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
		List<DeadLetter> letters = this.outbox.deadLetters(DeadLetter.Filter.all(), null, 10);
		assertThat(letters).hasSize(2)
			.allSatisfy((letter) -> assertThat(letter.reason()).isEqualTo(DeadLetter.Reason.INVALID));
		try (Consumer<byte[], byte[]> reader = topics().createReader()) {
			assertThat(read(reader, this.topic + "-dead")).extracting((consumed) -> new String(consumed.value()))
				.containsExactlyInAnyOrder("{\"not\":\"ours\"", "");
		}
		// Still nothing that could be sent
		assertThat(this.outbox.replay(letters.get(0).event().id())).isTrue();
		assertThat(this.outbox.flush(SECONDS)).isTrue();
		assertThat(this.api.requests()).hasSize(2);
		assertThat(this.outbox.deadLetters(DeadLetter.Filter.all(), null, 10)).hasSize(2);
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
	void everythingStoredEndsInOnePlace() {
		this.api.failRandomly(0.3, 42, Fault.status(503), Fault.status(422), Fault.reset(), Fault.resetAfterAccepting(),
				Fault.status(429).withRetryAfter("0"));
		IntStream.range(0, 1000).forEach((i) -> this.outbox.store("session-" + i, booking(i)));
		assertThat(this.outbox.flush(SECONDS)).isTrue();
		assertThat(this.listener.delivered.size() + this.listener.dead.size()).isEqualTo(1000);
		assertThat(this.outbox.state().deadCount()).isEqualTo(this.listener.dead.size());
	}

	private static byte[] bytes(String value) {
		return value.getBytes(StandardCharsets.UTF_8);
	}

}
