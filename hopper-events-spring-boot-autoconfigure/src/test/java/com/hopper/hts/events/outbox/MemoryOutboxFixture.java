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
import java.util.List;
import java.util.function.UnaryOperator;

import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.test.FakeHopperApi;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/**
 * An outbox in memory with an API and a listener, for tests.
 */
abstract class MemoryOutboxFixture {

	static final Instant TIME = Instant.parse("2026-05-04T10:15:30Z");

	static final Duration SECONDS = Duration.ofSeconds(60);

	final FakeHopperApi api = FakeHopperApi.builder()
		.token(TestPublishers.TOKEN)
		.unknownSession("unknown-session")
		.start();

	final RecordingListener listener = new RecordingListener();

	RelayPolicy policy = new RelayPolicy(8, Duration.ofHours(72), Duration.ofMillis(10), Duration.ofMillis(50),
			Duration.ofMillis(50), Duration.ofSeconds(5));

	TestOutbox outbox;

	@BeforeEach
	void start() {
		start(UnaryOperator.identity());
	}

	void start(UnaryOperator<MemoryOutboxes.Builder> customizer) {
		if (this.outbox != null) {
			this.outbox.destroy();
		}
		this.outbox = customizer
			.apply(MemoryOutboxes.builder(TestPublishers.create(this.api))
				.policy(this.policy)
				.listeners(List.of(this.listener)))
			.build();
		this.outbox.start();
	}

	@AfterEach
	void stop() {
		this.outbox.pause("end of test");
		this.outbox.destroy();
		this.api.close();
	}

	static BookingConfirmed booking(int number) {
		return BookingConfirmed.occurredAt(TIME).withCfarContractId("contract-" + number);
	}

}
