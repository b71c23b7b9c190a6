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

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import com.hopper.hts.events.ApiError;
import com.hopper.hts.events.HopperApiException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.scheduler.VirtualTimeScheduler;

import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DefaultDataBufferFactory;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpRequest;
import org.springframework.http.HttpStatusCode;
import org.springframework.mock.http.client.MockClientHttpRequest;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.client.WebClientResponseException;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

/**
 * Tests for what {@link ResponseDecoder} makes of single answers and exceptions.
 */
class ResponseDecoderTests {

	private static final URI EVENTS = URI.create("https://api.example/events");

	private static final URI OTHER = URI.create("https://other.example/");

	private static final byte[] REQUEST = "{\"type\":\"seat_selected\"}".getBytes(StandardCharsets.UTF_8);

	private final VirtualTimeScheduler time = VirtualTimeScheduler.create();

	private final ResponseDecoder decoder = new ResponseDecoder(Set.of("currency"),
			Clock.fixed(Instant.EPOCH, ZoneOffset.UTC), this.time);

	@Test
	void noMoreThanThreeErrorsAreDescribed() {
		assertThat(decode(errors(1)).description()).isEqualTo("the answer was 422: m1");
		assertThat(decode(errors(3)).description()).isEqualTo("the answer was 422: m1; m2; m3");
		assertThat(decode(errors(4)).description()).isEqualTo("the answer was 422: m1; m2; m3; ...");
	}

	@Test
	void errorIsDescribedWithItsCodeAndItsMessages() {
		assertThat(decode("{\"errors\":[{\"message\":\"m\",\"code\":\"C1\",\"messages\":{\"b\":\"x\",\"a\":\"y\"}}]}")
			.description()).isEqualTo("the answer was 422: [C1] m {a=y, b=x}");
	}

	@Test
	void noMoreThanTwentyErrorsAndMessagesAreKept() {
		assertThat(kept(errors(20))).hasSize(20);
		assertThat(kept(errors(21))).hasSize(20);
		String messages = IntStream.rangeClosed(1, 21)
			.mapToObj((i) -> "\"f" + i + "\":\"x\"")
			.collect(Collectors.joining(","));
		assertThat(kept("{\"errors\":[{\"message\":\"m\",\"messages\":{" + messages + "}}]}").get(0).messages())
			.hasSize(20)
			.containsKey("f20")
			.doesNotContainKey("f21");
	}

	@Test
	void whatIsNoTextIsLeftOut() {
		List<ApiError> errors = kept("""
				{"errors":[{"message":7},{"code":"C1"},{"message":"m","code":7,"messages":{"a":7,"b":"x"}}]}""");
		assertThat(errors).singleElement().satisfies((error) -> {
			assertThat(error.code()).isNull();
			assertThat(error.messages()).containsOnlyKeys("b");
		});
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			{"type":"x","passenger":{"name":"Jane Doe"}}        | Jane Doe
			{"type":"x","passengers":[{"name":"Jane Doe"}]}     | Jane Doe
			{"type":"x","names":["John Doe","Jane Doe"]}        | Jane Doe
			{"type":"x","card":4111111111111111}                | 4111111111111111
			{"type":"x","trip":{"price":{"amount":1234.5}}}     | 1234.5
			""")
	void valuesOfTheRequestAreRemovedHoweverDeepTheyWere(String request, String secret) {
		AttemptFailure failure = decode(422, "{\"errors\":[{\"message\":\"wrong: " + secret + "\"}]}",
				request.getBytes(StandardCharsets.UTF_8));
		assertThat(failure.description()).isEqualTo("the answer was 422: wrong: ***");
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			{"type":"seat_selected"}            | seat_selected
			{"type":"x","currency":"Euros"}     | Euros
			{"type":"x","a":{"currency":"Yen!"}}| Yen!
			{"type":"x","seat":"12A"}           | 12A
			{"type":"x","flag":true}            | true
			""")
	void wordsOfTheApiAndShortValuesAreKept(String request, String word) {
		AttemptFailure failure = decode(422, "{\"errors\":[{\"message\":\"wrong: " + word + "\"}]}",
				request.getBytes(StandardCharsets.UTF_8));
		assertThat(failure.description()).isEqualTo("the answer was 422: wrong: " + word);
	}

	@Test
	void answerToWhatCannotBeReadIsNotRepeated() {
		AttemptFailure failure = decode(400, "{\"errors\":[{\"message\":\"unexpected end after Jane Doe\"}]}",
				"{\"name\":\"Jane Doe".getBytes(StandardCharsets.UTF_8));
		assertThat(failure.description()).isEqualTo("the answer was 400");
	}

	@Test
	void headersOfTheRequestAreRemovedUnlessEverybodyHasThem() {
		HttpRequest request = new MockClientHttpRequest(HttpMethod.POST, EVENTS);
		request.getHeaders().set("Authorization", "Bearer token-1");
		request.getHeaders().set("X-Api-Key", "key-1");
		request.getHeaders().set("User-Agent", "agent-1");
		ClientResponse response = ClientResponse.create(HttpStatusCode.valueOf(400))
			.request(request)
			.body("{\"errors\":[{\"message\":\"token-1 key-1 agent-1 session-1 Bearer\"}]}")
			.build();
		assertThat(failure(this.decoder.decodeFailure(response, "session-1", REQUEST, Duration.ofSeconds(10)))
			.description()).isEqualTo("the answer was 400: *** *** agent-1 *** Bearer");
	}

	@ParameterizedTest
	@CsvSource({ "text/html;charset=utf-8, ' (text/html)'", "nonsense, ''", ", ''" })
	void answerWithoutErrorsIsDescribedByItsType(String type, String description) {
		HttpHeaders headers = new HttpHeaders();
		if (type != null) {
			headers.set(HttpHeaders.CONTENT_TYPE, type);
		}
		assertThat(failure(
				this.decoder.decodeFailure(response(500, headers, Flux.empty()), null, REQUEST, Duration.ofSeconds(10)))
			.description()).isEqualTo("the answer was 500" + description);
	}

	@ParameterizedTest
	@CsvSource({ "400, 10000, 2000", "400, 1000, 500", "302, 10000, 2000", "302, 1000, 500" })
	void bodyThatNeverEndsIsAwaitedForHalfOfTheTimeAndTwoSecondsAtTheMost(int status, long remaining, long awaited) {
		boolean[] ended = new boolean[1];
		this.decoder
			.decodeFailure(response(status, new HttpHeaders(), Flux.never()), null, REQUEST,
					Duration.ofMillis(remaining))
			.subscribe((result) -> {
			}, (failure) -> ended[0] = failure instanceof AttemptFailure);
		this.time.advanceTimeBy(Duration.ofMillis(awaited - 1));
		assertThat(ended[0]).isFalse();
		this.time.advanceTimeBy(Duration.ofMillis(1));
		assertThat(ended[0]).isTrue();
	}

	@Test
	void exceptionOfThisRequestIsItsAnswer() {
		AttemptFailure failure = decode(exception(422, EVENTS), null);
		assertThat(failure.description()).isEqualTo("the answer was 422: m1");
		assertThat(decode(exception(422, null), null).description()).isEqualTo("the answer was 422: m1");
	}

	@Test
	void exceptionOfAnotherRequestIsTheAnswerIfItHasItsStatus() {
		assertThat(decode(exception(422, OTHER), response(422, new HttpHeaders(), Flux.empty())).description())
			.isEqualTo("the answer was 422: m1");
		assertThat(decode(exception(422, OTHER), response(503, new HttpHeaders(), Flux.empty())).description())
			.isEqualTo("the answer was 503");
		assertThat(decode(exception(422, OTHER), null).description())
			.isEqualTo("a request of a filter to other.example was answered with 422");
	}

	@Test
	void filterThatFailsAlthoughTheEventArrivedIsNamed() {
		AttemptFailure failure = decode(new IllegalStateException("secret"),
				response(204, new HttpHeaders(), Flux.empty()));
		assertThat(failure.description())
			.isEqualTo("a filter failed (IllegalStateException) although the answer was 204");
		assertThat(failure.isDeliveryUnknown()).isTrue();
	}

	@Test
	void failureWithoutAnAnswerIsLeftAsItIs() {
		IllegalStateException failure = new IllegalStateException("secret");
		assertThat(catchThrowableOfType(IllegalStateException.class,
				() -> block(
						this.decoder.decodeException(failure, EVENTS, null, null, REQUEST, Duration.ofSeconds(10)))))
			.isSameAs(failure);
	}

	private List<ApiError> kept(String body) {
		HopperApiException exception = decode(body).toException(HopperApiException.Details.of("It failed."));
		return ((HopperApiException.Rejected) exception).getErrors();
	}

	private AttemptFailure decode(String body) {
		return decode(422, body, REQUEST);
	}

	private AttemptFailure decode(int status, String body, byte[] request) {
		DataBuffer buffer = DefaultDataBufferFactory.sharedInstance.wrap(body.getBytes(StandardCharsets.UTF_8));
		return failure(this.decoder.decodeFailure(response(status, new HttpHeaders(), Flux.just(buffer)), null, request,
				Duration.ofSeconds(10)));
	}

	private AttemptFailure decode(Throwable failure, ClientResponse answer) {
		return failure(this.decoder.decodeException(failure, EVENTS, answer, null, REQUEST, Duration.ofSeconds(10)));
	}

	private static AttemptFailure failure(Mono<Object> result) {
		AttemptFailure failure = catchThrowableOfType(AttemptFailure.class, () -> block(result));
		assertThat(failure).isNotNull();
		return failure;
	}

	private static void block(Mono<Object> result) {
		result.block(Duration.ofSeconds(60));
	}

	private static String errors(int number) {
		return IntStream.rangeClosed(1, number)
			.mapToObj((i) -> "{\"message\":\"m" + i + "\"}")
			.collect(Collectors.joining(",", "{\"errors\":[", "]}"));
	}

	private static ClientResponse response(int status, HttpHeaders headers, Flux<DataBuffer> body) {
		return ClientResponse.create(HttpStatusCode.valueOf(status))
			.headers((all) -> all.putAll(headers))
			.request(new MockClientHttpRequest(HttpMethod.POST, EVENTS))
			.body(body)
			.build();
	}

	private static WebClientResponseException exception(int status, URI uri) {
		HttpRequest request = (uri != null) ? new MockClientHttpRequest(HttpMethod.POST, uri) : null;
		return WebClientResponseException.create(HttpStatusCode.valueOf(status), "", HttpHeaders.EMPTY,
				errors(1).getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8, request);
	}

}
