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
package com.hopper.hts.events.http;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.EventPublisher;
import com.hopper.hts.events.HopperApiException;
import com.hopper.hts.events.HopperEvent;
import com.hopper.hts.events.OffersDisplayed;
import com.hopper.hts.events.testing.ScriptedServer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

/**
 * Tests of what is sent and said where the default locale has digits of its own.
 */
@ExtendWith(OutputCaptureExtension.class)
class ArabicDigitsTests {

	private static final String SESSION = "9fd3f2f9-e5aa-4128-ace9-3c4ee37b685f";

	private static final OffersDisplayed OFFERS = OffersDisplayed.occurredAt(Instant.parse("2022-01-24T15:34:30Z"));

	private final Locale locale = Locale.getDefault();

	private final ScriptedServer server = new ScriptedServer();

	private final EventPublisher publisher = Publishers.create(this.server.baseUrl(), Publishers.retryPolicy(2));

	@BeforeEach
	void setLocale() {
		Locale.setDefault(Locale.forLanguageTag("ar-EG-u-nu-arab"));
		assertThat("%d".formatted(4)).isEqualTo("٤");
	}

	@AfterEach
	void reset() throws IOException {
		Locale.setDefault(this.locale);
		this.server.close();
	}

	@Test
	void messagesHaveAsciiDigits(CapturedOutput output) {
		List<String> messages = new ArrayList<>();
		for (int status : new int[] { 400, 401, 403, 404, 413, 418, 501 }) {
			this.server.thenStatus(status);
			messages.add(failure(SESSION, OFFERS).getMessage());
		}
		this.server.thenStatus(503, "Retry-After: 0").thenStatus(429);
		messages.add(failure(SESSION, OFFERS).getMessage());
		messages.add(failure("session\n2", OFFERS).getMessage());
		messages
			.add(failure(SESSION, BookingConfirmed.occurredAt(OFFERS.occurredAt()).withCfarOfferIds(List.of("1", " ")))
				.getMessage());
		messages.add(timeout().getMessage());
		assertThat(messages).allSatisfy((message) -> assertThat(message).matches("\\p{ASCII}*"))
			.anySatisfy((message) -> assertThat(message).contains("the answer was 400"))
			.anySatisfy((message) -> assertThat(message).contains("within 50 ms"));
		assertThat(output.toString()).doesNotContainPattern("[\\p{Nd}&&[^0-9]]");
	}

	@Test
	void requestsHaveAsciiDigits() {
		this.publisher.publishAndWait(SESSION, OFFERS);
		assertThat(this.server.requests()).singleElement().satisfies((request) -> {
			assertThat(request.headers().toString()).matches("\\p{ASCII}*");
			assertThat(request.text())
				.isEqualTo("{\"type\":\"offers_displayed\",\"occurred_date_time\":\"2022-01-24T15:34:30Z\"}");
		});
	}

	private HopperApiException timeout() {
		this.server.then(ScriptedServer.Exchange::hang);
		EventPublisher impatient = Publishers.create(this.server.baseUrl(), Publishers.retryPolicy(1),
				(builder) -> builder.responseTimeout(Duration.ofMillis(50)));
		return failure(impatient, SESSION, OFFERS);
	}

	private HopperApiException failure(String sessionId, HopperEvent event) {
		return failure(this.publisher, sessionId, event);
	}

	private static HopperApiException failure(EventPublisher publisher, String sessionId, HopperEvent event) {
		return catchThrowableOfType(HopperApiException.class, () -> publisher.publishAndWait(sessionId, event));
	}

}
