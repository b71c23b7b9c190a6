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

import java.math.BigInteger;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Set;

import com.hopper.hts.events.ApiError;
import com.hopper.hts.events.HopperApiException;
import com.hopper.hts.events.testing.Fuzz;
import com.hopper.hts.events.testing.Hostile;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Schedulers;

import org.springframework.core.io.buffer.DefaultDataBufferFactory;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpRequest;
import org.springframework.http.HttpStatusCode;
import org.springframework.mock.http.client.MockClientHttpRequest;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.client.ExchangeStrategies;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

/**
 * Tries {@link ResponseDecoder} and the {@code Retry-After} header with hostile answers.
 */
class AnswersFuzzTests {

	private static final Instant NOW = Instant.parse("2026-05-04T10:15:30Z");

	private static final Clock CLOCK = Clock.fixed(NOW, ZoneOffset.UTC);

	private static final Duration YEAR = Duration.ofDays(365);

	private static final int MAX_MESSAGE = 2500;

	private static final byte[] REQUEST = ("{\"type\":\"booking_confirmed\",\"cfar_contract_id\":\"" + Hostile.SECRET
			+ "\",\"booking_references\":{\"cfar\":\"J0HN D0E\"}}")
		.getBytes(StandardCharsets.UTF_8);

	private final ResponseDecoder decoder = new ResponseDecoder(Set.of(), CLOCK, Schedulers.immediate());

	@Provide
	Arbitrary<byte[]> bodies() {
		return Hostile.documents(
				"""
						{"errors":[{"message":"wrong","code":"C1","messages":{"cfar_contract_id":"is unknown","b":"c"}},
						{"message":"Contract %s of J0HN\\tD0E","code":"%s","messages":{"%s":"x"}}]}"""
					.formatted(Hostile.SECRET, Hostile.SECRET, Hostile.SECRET),
				"{\"errors\":[{\"message\":\"a\"},{\"message\":\"b\"},{\"message\":\"c\"},{\"message\":\"d\"}]}",
				"{\"type\":\"about:blank\",\"title\":\"Bad\",\"status\":400,\"detail\":\"" + Hostile.SECRET + "\"}");
	}

	@Provide
	Arbitrary<String> contentTypes() {
		return Hostile.headers("application/json", "text/html;charset=utf-8", "application/problem+json",
				Hostile.SECRET + "/" + Hostile.SECRET, "a/" + "b".repeat(8000));
	}

	@Provide
	Arbitrary<String> waits() {
		return Hostile.headers("0", "120", "Wed, 21 Oct 2026 07:28:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT",
				"Thu, 1 Jan 1970 00:00:00 GMT", "Wednesday, 21-Oct-26 07:28:00 GMT", "0000000000007");
	}

	@Fuzz
	void errorIsReadWithinLimitsAndRepeatsNothingOfTheRequest(@ForAll("bodies") byte[] body,
			@ForAll("contentTypes") String contentType, @ForAll @IntRange(min = 300, max = 599) int status) {
		HttpHeaders headers = new HttpHeaders();
		headers.set(HttpHeaders.CONTENT_TYPE, contentType);
		Throwable failure = catchThrowable(() -> Hostile.call(() -> this.decoder
			.decodeFailure(response(status, headers, body), Hostile.SECRET, REQUEST, Duration.ofSeconds(60))
			.block(Duration.ofSeconds(30))));
		assertThat(failure).isInstanceOf(AttemptFailure.class);
		AttemptFailure attempt = (AttemptFailure) failure;
		check(attempt.description());
		HopperApiException exception = attempt.toException(HopperApiException.Details.of("It failed."));
		assertThat(exception.getStatusCode()).isEqualTo(HttpStatusCode.valueOf(status));
		if (exception instanceof HopperApiException.Rejected rejected) {
			assertThat(rejected.getErrors()).hasSizeLessThanOrEqualTo(20).allSatisfy(AnswersFuzzTests::check);
		}
	}

	private static void check(ApiError error) {
		check(error.message());
		check(String.valueOf(error.code()));
		assertThat(error.messages()).hasSizeLessThanOrEqualTo(20).allSatisfy((name, message) -> {
			check(name);
			check(message);
		});
	}

	private static void check(String text) {
		assertThat(text).doesNotContain(Hostile.SECRET, "J0HN D0E")
			.hasSizeLessThanOrEqualTo(MAX_MESSAGE)
			.matches(Hostile::isOneLine);
	}

	@Fuzz
	void retryAfterIsATimeThatCanBeWaited(@ForAll("waits") String text) {
		HttpHeaders headers = new HttpHeaders();
		headers.set(HttpHeaders.RETRY_AFTER, text);
		Duration wait = Hostile.call(() -> AttemptFailure.retryAfter(headers, CLOCK));
		if (text.trim().matches("[0-9]+")) {
			BigInteger seconds = new BigInteger(text.trim()).min(BigInteger.valueOf(YEAR.toSeconds()));
			assertThat(wait).isEqualTo(Duration.ofSeconds(seconds.longValueExact()));
		}
		else if (wait != null) {
			assertThat(wait).isBetween(Duration.ZERO, YEAR);
		}
	}

	private static ClientResponse response(int status, HttpHeaders headers, byte[] body) {
		HttpRequest request = new MockClientHttpRequest(HttpMethod.POST, URI.create("https://api.example/events"));
		request.getHeaders().setBearerAuth(Hostile.SECRET);
		return ClientResponse.create(HttpStatusCode.valueOf(status), ExchangeStrategies.withDefaults())
			.headers((all) -> all.putAll(headers))
			.request(request)
			.body(Flux.just(DefaultDataBufferFactory.sharedInstance.wrap(body)))
			.build();
	}

}
