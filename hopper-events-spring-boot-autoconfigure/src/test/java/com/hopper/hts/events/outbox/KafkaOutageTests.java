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

import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import com.hopper.hts.events.EventNotStoredException;
import com.hopper.hts.events.outbox.kafka.KafkaStores;
import com.hopper.hts.events.test.Fault;
import kafka.server.BrokerServer;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.MemberDescription;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.common.KafkaException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.awaitility.Awaitility.await;

/**
 * Tests for outages and restarts of the API, the broker and instances, and for what the
 * outbox in Kafka makes of them.
 */
class KafkaOutageTests extends KafkaOutboxFixture {

	@Test
	void outboxThatCannotStartLeavesNoThreads() {
		Map<String, Object> properties = new HashMap<>(properties());
		properties.put("client.id", "of-no-use");
		TestOutbox missing = create(new KafkaStores("missing", false, -1, properties, properties, properties));
		assertThatIllegalStateException().isThrownBy(missing::start);
		assertThat(missing.isRunning()).isFalse();
		await().untilAsserted(() -> assertThat(Thread.getAllStackTraces().keySet()).extracting(Thread::getName)
			.noneMatch((name) -> name.contains("of-no-use")));
	}

	@Test
	void outboxThatNeverStartsLeavesNoThreads() {
		Map<String, Object> properties = new HashMap<>(properties());
		properties.put("client.id", "early");
		TestOutbox early = create(new KafkaStores(this.topic, true, 2, properties, properties, properties));
		early.store("session-1", booking(1));
		early.destroy();
		await().untilAsserted(() -> assertThat(Thread.getAllStackTraces().keySet()).extracting(Thread::getName)
			.noneMatch((name) -> name.contains("early")));
		assertThatExceptionOfType(EventNotStoredException.class).isThrownBy(() -> early.store("session-1", booking(2)))
			.withMessageContaining("shutting down");
	}

	@Test
	void threadsOfTheOutboxKeepNoApplicationRunning() {
		this.outbox.store("session-1", booking(1));
		assertThat(this.outbox.flush(SECONDS)).isTrue();
		assertThat(Thread.getAllStackTraces().keySet()).extracting(Thread::getName)
			.anyMatch((name) -> name.startsWith("hopper-outbox-C-"));
		assertThat(Thread.getAllStackTraces().keySet()).filteredOn((thread) -> !thread.isDaemon())
			.extracting(Thread::getName)
			.noneMatch((name) -> name.startsWith("hopper-outbox") || name.startsWith("ThreadPoolTaskScheduler"));
	}

	@Test
	void outageLosesNothingAndCausesNoRebalance() {
		String member = await().atMost(SECONDS).until(this::member, (id) -> !id.isEmpty());
		this.api.failRandomly(1, 1, Fault.status(503));
		IntStream.range(0, 300).forEach((i) -> this.outbox.store("session-" + i, booking(i)));
		await().until(() -> this.outbox.state().pause() != null);
		assertThat(this.outbox.state().pause().reason()).isEqualTo(EventOutboxState.PauseReason.API_UNAVAILABLE);
		Instant begin = Instant.now();
		// Longer than the broker waits for a consumer that does not poll
		await().atMost(SECONDS).until(() -> Duration.between(begin, Instant.now()).toMillis() > 12_000);
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
		assertThat(this.outbox.state().pause().reason()).isEqualTo(EventOutboxState.PauseReason.UNAUTHORIZED);
		await().atMost(SECONDS).until(() -> this.api.requests().size() >= 11);
		// The first eight at a time, then one after the other
		assertThat(this.api.requests().size()).isLessThan(50);
		this.api.acceptToken(TestPublishers.TOKEN);
		assertThat(this.outbox.flush(SECONDS)).isTrue();
		assertThat(this.api.received()).hasSize(50);
		assertThat(this.outbox.state().pause()).isNull();
		assertThat(this.outbox.deadLetters(DeadLetter.Filter.all(), null, 10)).isEmpty();
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
			assertThatExceptionOfType(KafkaException.class).isThrownBy(this.outbox::state);
			this.outbox.resume();
			assertThat(this.outbox.isDrained()).isFalse();
		}
		finally {
			broker.getCluster().brokers().values().forEach(BrokerServer::startup);
		}
		this.outbox.store("session-1", booking(51));
		assertThat(this.outbox.flush(SECONDS.multipliedBy(2))).isTrue();
		assertThat(bookings()).hasSizeGreaterThanOrEqualTo(51).contains(51).doesNotContain(52);
		// Nothing that somebody would have to look after. Kafka's client calls it an
		// error
		// if a consumer leaves a group whose coordinator has just gone
		assertThat(output.getAll()
			.lines()
			.filter((line) -> line.contains(" ERROR ") && !line.contains("LeaveGroup request"))).isEmpty();
	}

	private boolean replayOne() {
		this.api.failNext(1, Fault.status(422));
		UUID refused = this.outbox.store("session-1", booking(0));
		await().atMost(SECONDS).until(() -> this.listener.dead.size() == 1);
		return this.outbox.replay(refused) && this.outbox.flush(SECONDS);
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

	@Test
	void endRepeatsNothingAlthoughAnEarlierEventWaits() {
		this.outbox.stop();
		TestOutbox busy = create(topics());
		this.outboxes.add(busy);
		IntStream.rangeClosed(0, 20).forEach((i) -> busy.store("session-1", booking(i)));
		this.api.failNext(1, Fault.status(503).withRetryAfter("2"));
		// It reads all of them at once
		busy.start();
		this.api.awaitDelivered(20);
		busy.stop();
		busy.start();
		assertThat(busy.flush(SECONDS)).isTrue();
		assertThat(this.api.received()).hasSize(21);
	}

	@Test
	void instanceThatJoinsRepeatsNothingAlthoughEarlierEventsWait() {
		this.outbox.stop();
		this.policy = new RelayPolicy(8, Duration.ofHours(72), Duration.ofMillis(1500), Duration.ofMillis(1500),
				Duration.ofMillis(200), Duration.ofSeconds(20));
		TestOutbox busy = create(
				new KafkaStores(this.topic, true, 2, properties(), consumerProperties(), properties()));
		this.outboxes.add(busy);
		IntStream.range(0, 300).forEach((i) -> busy.store("session-" + i, booking(i)));
		this.api.failRandomly(0.3, 42, Fault.status(503));
		busy.start();
		this.api.awaitDelivered(150);
		start(this.topic, true);
		await().atMost(SECONDS).until(() -> assignments().size() == 2);
		this.api.recover();
		assertThat(busy.flush(SECONDS)).isTrue();
		assertThat(this.api.received()).hasSize(300);
	}

	@Test
	void instanceReadsOnWhereItStaysWhenWhatItWaitsForMovesToAnother() {
		this.outbox.stop();
		Map<String, Object> consumer = consumerProperties();
		consumer.put("partition.assignment.strategy", CooperativeStickyAssignor.class.getName());
		TestOutbox first = create(new KafkaStores(this.topic, true, 2, properties(), consumer, properties()));
		this.outboxes.add(first);
		first.start();
		// They are in two partitions, either of which moves
		List<String> sessions = List.of("session-1", "session-2");
		for (int moves = 0; moves < 2; moves++) {
			await().atMost(SECONDS).until(() -> partitions().equals(List.of(2)));
			first.pause("test");
			first.store(sessions.get(moves), booking(moves));
			await().atMost(SECONDS).until(() -> first.state().pendingCount() == 1);
			TestOutbox second = create(new KafkaStores(this.topic, true, 2, properties(), consumer, properties()));
			this.outboxes.add(second);
			second.start();
			await().atMost(SECONDS).until(() -> partitions().equals(List.of(1, 1)));
			second.stop();
			first.resume();
			first.store(sessions.get(1 - moves), booking(2 + moves));
			assertThat(first.flush(SECONDS)).isTrue();
		}
		assertThat(bookings()).containsExactlyInAnyOrder(0, 1, 2, 3);
	}

	/**
	 * Return who consumes and which generation the group has.
	 */
	private String member() {
		return assignments().toString();
	}

	private Set<String> assignments() {
		return consumers().stream()
			.map((member) -> member.consumerId() + member.assignment())
			.collect(Collectors.toSet());
	}

	/**
	 * Return how many partitions each consumer has.
	 */
	private List<Integer> partitions() {
		return consumers().stream().map((member) -> member.assignment().topicPartitions().size()).toList();
	}

	private List<MemberDescription> consumers() {
		try (Admin admin = Admin.create(properties())) {
			return admin.describeConsumerGroups(List.of(this.topic))
				.all()
				.get()
				.get(this.topic)
				.members()
				.stream()
				.filter((member) -> !member.assignment().topicPartitions().isEmpty())
				.toList();
		}
		catch (InterruptedException | ExecutionException ex) {
			return List.of();
		}
	}

}
