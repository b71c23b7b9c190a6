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
package com.hopper.hts.events;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;

import com.hopper.hts.events.outbox.DeadLetter;
import com.hopper.hts.events.outbox.StoredEvent;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatusCode;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for what a controller answers that returns what the product gave it, with either
 * version of Jackson.
 */
class JsonOfResultsTests {

	private static final String SESSION = "session-of-a-traveller";

	private static final SessionEvent EVENT = SessionEvent.of(SESSION,
			BookingConfirmed.occurredAt(Instant.EPOCH).withCfarContractId("contract-of-a-traveller"));

	@ParameterizedTest
	@MethodSource("writers")
	void resultHasReceiptOnly(Writer writer) throws Exception {
		EventReceipt receipt = new EventReceipt("booking_confirmed", EventReceipt.Outcome.DELIVERED, Map.of(), 1,
				Duration.ofSeconds(1));
		assertThat(writer.write(new EventResult(EVENT, receipt, null)))
			.startsWith("{\"receipt\":{\"eventType\":\"booking_confirmed\",\"outcome\":\"DELIVERED\",")
			.endsWith("\"error\":null}")
			.doesNotContain("traveller");
	}

	@ParameterizedTest
	@MethodSource("writers")
	void exceptionHasWhatACallerCanUse(Writer writer) throws Exception {
		HttpHeaders headers = new HttpHeaders();
		headers.add(HttpHeaders.SET_COOKIE, "cookie-of-a-traveller");
		HopperApiException exception = new HopperApiException.Rejected(
				HopperApiException.Details.of("The event was refused")
					.withResponse(HttpStatusCode.valueOf(499), headers)
					.withEventType("booking_confirmed")
					.withSessionId(SESSION)
					.withAttempts(2)
					.withCause(new IOException("cause of a traveller")),
				List.of(new ApiError("malformed", "400", Map.of())));
		String error = writer.write(exception);
		assertThat(error)
			.contains("\"kind\":\"REJECTED\"", "\"message\":\"The event was refused\"", "\"status\":499",
					"\"attempts\":2", "\"eventType\":\"booking_confirmed\"", "\"maskedSessionId\":",
					"\"deliveryUnknown\":false", "\"transient\":false", "\"retryAfter\":null",
					"\"errors\":[{\"message\":\"malformed\"")
			.doesNotContain("traveller", "stackTrace", "cause", "headers", "suppressed");
		assertThat(writer.write(new EventResult(EVENT, null, exception))).contains("\"receipt\":null", error);
	}

	@ParameterizedTest
	@MethodSource("writers")
	void failureToStoreHasTheMessageOnly(Writer writer) throws Exception {
		assertThat(writer.write(new EventNotStoredException("The event was not stored", new IOException("traveller"))))
			.isEqualTo("{\"message\":\"The event was not stored\"}");
	}

	@ParameterizedTest
	@MethodSource("writers")
	void deadLetterHasNeitherSessionNorPayload(Writer writer) throws Exception {
		StoredEvent event = StoredEvent.of(new UUID(0, 1), Instant.EPOCH, SESSION, EVENT.event());
		assertThat(writer.write(new DeadLetter(event, DeadLetter.Reason.REJECTED, Instant.EPOCH)))
			.contains("\"id\":\"00000000-0000-0000-0000-000000000001\"", "\"type\":\"booking_confirmed\"",
					"\"attempts\":0", "\"failures\":[]", "\"reason\":\"REJECTED\"")
			.doesNotContain("traveller", "sessionId", "payload");
	}

	static Stream<Writer> writers() {
		JsonMapper jackson = JsonMapper.builder().build();
		com.fasterxml.jackson.databind.ObjectMapper jackson2 = com.fasterxml.jackson.databind.json.JsonMapper.builder()
			.findAndAddModules()
			.build();
		return Stream.of(jackson::writeValueAsString, jackson2::writeValueAsString);
	}

	@FunctionalInterface
	interface Writer {

		String write(Object value) throws IOException;

	}

}
