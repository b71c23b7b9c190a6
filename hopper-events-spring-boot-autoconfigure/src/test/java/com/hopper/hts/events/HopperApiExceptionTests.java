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

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.time.Duration;
import java.util.List;
import java.util.Map;

import com.hopper.hts.events.HopperApiException.Details;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import org.junit.jupiter.api.Test;

import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.support.Netty4HeadersAdapter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link HopperApiException}.
 */
class HopperApiExceptionTests {

	@Test
	void knowsWhatItWasTold() {
		HttpHeaders headers = new HttpHeaders();
		headers.set("X-Request-Id", "1");
		HopperApiException exception = new HopperApiException.RateLimited(Details.of("Too fast")
			.withResponse(HttpStatus.TOO_MANY_REQUESTS, headers)
			.withAttempts(3)
			.withEventType("offers_displayed")
			.withSessionId("9fd3f2f9-e5aa-4128-ace9-3c4ee37b685f")
			.withRetryAfter(Duration.ofSeconds(5))
			.withDeliveryUnknown(true)
			.withCause(new IllegalStateException()));
		assertThat(exception).hasMessage("Too fast").hasCauseInstanceOf(IllegalStateException.class);
		assertThat(exception.getStatusCode()).isEqualTo(HttpStatus.TOO_MANY_REQUESTS);
		assertThat(exception.getHeaders().getFirst("x-request-id")).isEqualTo("1");
		assertThat(exception.getAttempts()).isEqualTo(3);
		assertThat(exception.getEventType()).isEqualTo("offers_displayed");
		assertThat(exception.getMaskedSessionId()).isEqualTo("9fd3***");
		assertThat(exception.getRetryAfter()).isEqualTo(Duration.ofSeconds(5));
		assertThat(exception.isDeliveryUnknown()).isTrue();
		assertThat(exception.isTransient()).isTrue();
		assertThatExceptionOfType(UnsupportedOperationException.class)
			.isThrownBy(() -> exception.getHeaders().add("a", "b"));
	}

	@Test
	void survivesSerialization() throws Exception {
		// As an answer has them
		HttpHeaders headers = new HttpHeaders(new Netty4HeadersAdapter(new DefaultHttpHeaders()));
		headers.set("X-Request-Id", "1");
		HopperApiException.Rejected exception = new HopperApiException.Rejected(
				Details.of("No").withAttempts(2).withResponse(HttpStatus.BAD_REQUEST, headers),
				List.of(new ApiError("message", "code", Map.of("a", "b"))));
		ByteArrayOutputStream bytes = new ByteArrayOutputStream();
		new ObjectOutputStream(bytes).writeObject(exception);
		HopperApiException.Rejected copy = (HopperApiException.Rejected) new ObjectInputStream(
				new ByteArrayInputStream(bytes.toByteArray()))
			.readObject();
		assertThat(copy.getErrors()).isEqualTo(exception.getErrors());
		assertThat(copy.getAttempts()).isEqualTo(2);
		assertThat(copy.getStatusCode()).isEqualTo(HttpStatus.BAD_REQUEST);
		assertThat(copy.getHeaders().getFirst("x-request-id")).isEqualTo("1");
	}

}
