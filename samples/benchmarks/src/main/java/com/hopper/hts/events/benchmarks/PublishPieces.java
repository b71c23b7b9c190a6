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
package com.hopper.hts.events.benchmarks;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

import com.google.gson.Gson;
import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.EventPublisher;
import com.hopper.hts.events.EventReceipt;
import com.hopper.hts.events.auth.BearerTokenProvider;
import com.hopper.hts.events.http.EventSender;
import com.hopper.hts.events.http.HopperApiBuilder;
import com.hopper.hts.events.json.EventCodec;
import com.hopper.hts.events.observation.HopperMetrics;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.observation.DefaultMeterObservationHandler;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.observation.ObservationRegistry;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import reactor.core.publisher.Mono;

import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;
import org.springframework.http.client.reactive.ClientHttpConnector;
import org.springframework.http.client.reactive.ClientHttpRequest;
import org.springframework.http.client.reactive.ClientHttpResponse;
import org.springframework.mock.http.client.reactive.MockClientHttpRequest;
import org.springframework.mock.http.client.reactive.MockClientHttpResponse;
import org.springframework.web.reactive.function.client.WebClient;

/**
 * What the layers above the network cost, against a connector that answers from memory:
 * the difference between two methods is the price of what the latter adds.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class PublishPieces {

	/**
	 * The methods in the order in which they add up, with what they are in the table.
	 */
	static final Map<String, String> STEPS = steps();

	private static final URI URL = URI.create("http://127.0.0.1:8089/airline/v1.1");

	private static final String SESSION = "b6bbb84f-2a1d-4f5e-9d0c-5f6a7b8c9d0e";

	private final BookingConfirmed event = BookingConfirmed.occurredAt(Instant.now())
		.withCfarContractId("1ec9a4ab-66c5-6d0a-9c2f-1d2b3c4d5e6f")
		.withDgContractId("2fd8b5bc-77d6-7e1b-8d3a-2e3c4d5e6f70")
		.withCfarOfferIds(List.of("cfar-offer-1", "cfar-offer-2"))
		.withBookingReference("cfar", "ABC123");

	private final EventCodec codec = new EventCodec(false);

	private final WebClient webClient = webClient();

	private final URI uri = URI.create(URL + "/events");

	private final byte[] body = this.codec.prepare(SESSION, this.event).body();

	private final Gson gson = new Gson();

	private final EventSender once = EventSender.of(publisher(false, false));

	private final EventPublisher bare = publisher(false, false);

	private final EventPublisher token = publisher(true, false);

	private final EventPublisher observed = publisher(true, true);

	/**
	 * Create an instance.
	 */
	public PublishPieces() {
	}

	/**
	 * Validate and write the event.
	 * @return the JSON
	 */
	@Benchmark
	public byte[] json() {
		return this.codec.prepare(SESSION, this.event).body();
	}

	/**
	 * Write it as generated SDKs do.
	 * @return the JSON
	 */
	@Benchmark
	public byte[] gson() {
		return this.gson.toJson(Senders.Booking.create()).getBytes(StandardCharsets.UTF_8);
	}

	/**
	 * {@code WebClient} alone, with a prepared body.
	 * @return the status
	 */
	@Benchmark
	public @Nullable Object webClientAlone() {
		return this.webClient.post()
			.uri(this.uri)
			.body((request, context) -> request
				.writeWith(Mono.fromSupplier(() -> request.bufferFactory().wrap(this.body))))
			.exchangeToMono((response) -> response.releaseBody().thenReturn(response.statusCode()))
			.block();
	}

	/**
	 * The publisher without anything that can be left out: with JSON, deadlines and
	 * errors.
	 * @return the receipt
	 */
	@Benchmark
	public @Nullable EventReceipt publishOnce() {
		return this.once.send(this.codec.prepare(SESSION, this.event)).block();
	}

	/**
	 * And with retries, of which none is needed.
	 * @return the receipt
	 */
	@Benchmark
	public @Nullable EventReceipt publish() {
		return this.bare.publish(SESSION, this.event).block();
	}

	/**
	 * And with a bearer token.
	 * @return the receipt
	 */
	@Benchmark
	public @Nullable EventReceipt publishWithToken() {
		return this.token.publish(SESSION, this.event).block();
	}

	/**
	 * And with observations of both in place of their timers.
	 * @return the receipt
	 */
	@Benchmark
	public @Nullable EventReceipt publishWithTokenAndObservations() {
		return this.observed.publish(SESSION, this.event).block();
	}

	private static Map<String, String> steps() {
		Map<String, String> steps = new LinkedHashMap<>();
		steps.put("gson", "JSON of the event, Gson (for comparison)");
		steps.put("json", "JSON of the event, validated");
		steps.put("webClientAlone", "`WebClient` alone, prepared body");
		steps.put("publishOnce", "`EventPublisher` without anything that can be left out");
		steps.put("publish", "… and retries");
		steps.put("publishWithToken", "… and bearer token");
		steps.put("publishWithTokenAndObservations",
				"… and observations and meters of the publication and of `http.client.requests`");
		return steps;
	}

	private static WebClient webClient() {
		return WebClient.builder().clientConnector(new Memory()).build();
	}

	private static EventPublisher publisher(boolean token, boolean observed) {
		WebClient.Builder client = webClient().mutate();
		MeterRegistry meters = new SimpleMeterRegistry();
		HopperMetrics metrics = HopperMetrics.of(meters);
		ObservationRegistry observations = ObservationRegistry.create();
		observations.observationConfig().observationHandler(new DefaultMeterObservationHandler(meters));
		if (token) {
			BearerTokenProvider provider = () -> Mono.just("benchmark-token-benchmark-token-benchmark-token");
			client.filter(BearerTokenProvider.filter(URL, provider));
		}
		if (observed) {
			client.observationRegistry(observations);
		}
		HopperApiBuilder builder = new HopperApiBuilder(client.build(), URL);
		if (observed) {
			builder.observationRegistry(observations).metrics(metrics);
		}
		return builder.publisher();
	}

	/**
	 * Answers without a network.
	 */
	private static final class Memory implements ClientHttpConnector {

		@Override
		public Mono<ClientHttpResponse> connect(HttpMethod method, URI uri,
				java.util.function.Function<? super ClientHttpRequest, Mono<Void>> requestCallback) {
			return Mono.defer(() -> {
				MockClientHttpRequest request = new MockClientHttpRequest(method, uri);
				request.setWriteHandler((content) -> content.then());
				return requestCallback.apply(request)
					.then(Mono
						.<ClientHttpResponse>fromSupplier(() -> new MockClientHttpResponse(HttpStatus.NO_CONTENT)));
			});
		}

	}

}
