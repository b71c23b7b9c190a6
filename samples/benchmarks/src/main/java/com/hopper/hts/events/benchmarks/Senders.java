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

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;

import com.google.gson.Gson;
import com.google.gson.annotations.SerializedName;
import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.EventPublisher;
import com.hopper.hts.events.client.RetryPolicy;
import com.hopper.hts.events.client.WebClientEventPublisher;
import io.netty.buffer.Unpooled;
import okhttp3.ConnectionPool;
import okhttp3.MediaType;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.http.HttpHeaders;
import org.springframework.http.client.reactive.ReactorClientHttpConnector;
import org.springframework.web.reactive.function.client.WebClient;
import reactor.core.publisher.Mono;
import reactor.netty.resources.ConnectionProvider;
import tools.jackson.databind.ObjectWriter;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.json.JsonMapper;

/**
 * The ways to send an event that are compared. All send the same
 * {@code booking_confirmed} event with a bearer token.
 */
final class Senders {

	/**
	 * The baseline: what the other numbers are ratios of.
	 */
	static final String BASELINE = "okhttp";

	static final List<String> ALL = List.of("netty", "publisher", "publisher-off", BASELINE, "webclient",
			"webclient-tuned", "jdk");

	private static final String TOKEN = "benchmark-token-benchmark-token-benchmark-token";

	private static final String SESSION = "b6bbb84f-2a1d-4f5e-9d0c-5f6a7b8c9d0e";

	private static final int CONNECTIONS = 64;

	private Senders() {
	}

	static String describe(String name) {
		return switch (name) {
			case "netty" -> "bare reactor-netty, pre-built bytes (the limit)";
			case "publisher" -> "**`EventPublisher`, everything on**";
			case "publisher-off" -> "`EventPublisher` without token provider, retries, metrics and observation";
			case BASELINE -> "OkHttp 4 + Gson, as generated SDKs do it (the baseline)";
			case "webclient" -> "`WebClient` with `bodyValue(record)`";
			case "webclient-tuned" -> "`WebClient`, prepared `URI` and `ObjectWriter`";
			case "jdk" -> "JDK `HttpClient`, asynchronous";
			default -> throw new IllegalArgumentException(name);
		};
	}

	static Sender create(String name, String baseUrl) {
		return switch (name) {
			case "netty" -> netty(baseUrl);
			case "publisher" -> publisher(baseUrl);
			case "publisher-off" -> barePublisher(baseUrl);
			case BASELINE -> okHttp(baseUrl);
			case "webclient" -> webClient(baseUrl);
			case "webclient-tuned" -> tunedWebClient(baseUrl);
			case "jdk" -> jdk(baseUrl);
			default -> throw new IllegalArgumentException(name);
		};
	}

	private static BookingConfirmed event() {
		return BookingConfirmed.occurredAt(Instant.now())
			.withCfarContractId("1ec9a4ab-66c5-6d0a-9c2f-1d2b3c4d5e6f")
			.withDgContractId("2fd8b5bc-77d6-7e1b-8d3a-2e3c4d5e6f70")
			.withCfarOfferIds(List.of("cfar-offer-1", "cfar-offer-2"))
			.withBookingReference("cfar", "ABC123");
	}

	private static Sender publisher(String baseUrl) {
		ConfigurableApplicationContext context = new SpringApplicationBuilder(Application.class)
			.web(WebApplicationType.NONE)
			.properties("spring.main.banner-mode=off", "logging.level.root=warn", "hopper.base-url=" + baseUrl,
					"hopper.auth.token=" + TOKEN, "hopper.client.pool.max-connections=" + CONNECTIONS,
					"spring.autoconfigure.exclude=org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration")
			.run();
		return sender(context.getBean(EventPublisher.class));
	}

	private static Sender barePublisher(String baseUrl) {
		RetryPolicy noRetries = new RetryPolicy(1, Duration.ofMillis(1), 1, Duration.ofMillis(1), 0, Duration.ZERO,
				Duration.ofMinutes(1), false, 0);
		WebClientEventPublisher publisher = WebClientEventPublisher
			.builder(webClientBuilder().defaultHeader(HttpHeaders.AUTHORIZATION, "Bearer " + TOKEN).build(),
					URI.create(baseUrl), noRetries)
			.build();
		return sender(publisher);
	}

	private static Sender sender(EventPublisher publisher) {
		Sender one = Sender.blocking(() -> publisher.publishAndWait(SESSION, event()));
		Sender many = Sender.reactive(() -> publisher.publish(SESSION, event()));
		return (inFlight, end, measurement) -> ((inFlight == 1) ? one : many).send(inFlight, end, measurement);
	}

	private static Sender okHttp(String baseUrl) {
		OkHttpClient client = new OkHttpClient.Builder()
			// More than the default of 5, in its favour
			.connectionPool(new ConnectionPool(CONNECTIONS, 5, TimeUnit.MINUTES))
			.addInterceptor((chain) -> chain
				.proceed(chain.request().newBuilder().header("Authorization", "Bearer " + TOKEN).build()))
			.build();
		Gson gson = new Gson();
		MediaType json = MediaType.get("application/json; charset=utf-8");
		return Sender.blocking(() -> {
			Request request = new Request.Builder().url(baseUrl + "/events")
				.header("Accept", "application/json")
				.header("HC-Session-ID", SESSION)
				.post(RequestBody.create(gson.toJson(Booking.create()), json))
				.build();
			try (Response response = client.newCall(request).execute()) {
				if (response.code() != 204) {
					throw new IOException("Status " + response.code());
				}
			}
		});
	}

	private static Sender webClient(String baseUrl) {
		WebClient client = webClientBuilder().baseUrl(baseUrl)
			.defaultHeader(HttpHeaders.AUTHORIZATION, "Bearer " + TOKEN)
			.build();
		return Sender.reactive(() -> client.post()
			.uri("/events")
			.contentType(org.springframework.http.MediaType.APPLICATION_JSON)
			.header("HC-Session-ID", SESSION)
			.bodyValue(BookingRecord.create())
			.retrieve()
			.toBodilessEntity());
	}

	private static Sender tunedWebClient(String baseUrl) {
		WebClient client = webClientBuilder().build();
		URI uri = URI.create(baseUrl + "/events");
		ObjectWriter writer = JsonMapper.builder()
			.propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
			.build()
			.writerFor(BookingRecord.class);
		return Sender.reactive(() -> {
			byte[] body = writer.writeValueAsBytes(BookingRecord.create());
			return client.post().uri(uri).headers((headers) -> {
				headers.set("Authorization", "Bearer " + TOKEN);
				headers.set("Content-Type", "application/json");
				headers.set("Accept", "application/json");
				headers.set("HC-Session-ID", SESSION);
				headers.setContentLength(body.length);
			})
				.body((request, context) -> request
					.writeWith(Mono.fromSupplier(() -> request.bufferFactory().wrap(body))))
				.exchangeToMono((response) -> response.releaseBody().thenReturn(response.statusCode()));
		});
	}

	private static WebClient.Builder webClientBuilder() {
		return WebClient.builder()
			.clientConnector(new ReactorClientHttpConnector(reactor.netty.http.client.HttpClient
				.create(ConnectionProvider.builder("benchmark").maxConnections(CONNECTIONS).lifo().build())));
	}

	private static Sender netty(String baseUrl) {
		reactor.netty.http.client.HttpClient client = reactor.netty.http.client.HttpClient
			.create(ConnectionProvider.builder("benchmark").maxConnections(CONNECTIONS).lifo().build())
			.headers((headers) -> headers.set("Authorization", "Bearer " + TOKEN)
				.set("Content-Type", "application/json")
				.set("Accept", "application/json")
				.set("HC-Session-ID", SESSION));
		byte[] body = new Gson().toJson(Booking.create()).getBytes(StandardCharsets.UTF_8);
		return Sender.reactive(() -> client.post()
			.uri(baseUrl + "/events")
			.send(Mono.fromSupplier(() -> Unpooled.wrappedBuffer(body)))
			// Not response(), which closes the connection
			.responseSingle((response, content) -> content.then()));
	}

	private static Sender jdk(String baseUrl) {
		HttpClient client = HttpClient.newBuilder()
			.version(HttpClient.Version.HTTP_1_1)
			.connectTimeout(Duration.ofSeconds(2))
			.build();
		Gson gson = new Gson();
		return Sender
			.reactive(() -> Mono.fromFuture(client.sendAsync(HttpRequest.newBuilder(URI.create(baseUrl + "/events"))
				.header("Authorization", "Bearer " + TOKEN)
				.header("Content-Type", "application/json")
				.header("Accept", "application/json")
				.header("HC-Session-ID", SESSION)
				.POST(HttpRequest.BodyPublishers.ofString(gson.toJson(Booking.create())))
				.build(), HttpResponse.BodyHandlers.discarding())));
	}

	/**
	 * The application around the publisher: nothing but auto-configuration.
	 */
	@SpringBootConfiguration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

	}

	/**
	 * The event as generated SDKs model it.
	 */
	static final class Booking {

		@SerializedName("type")
		String type = "booking_confirmed";

		@SerializedName("occurred_date_time")
		String occurredDateTime = "";

		@SerializedName("cfar_contract_id")
		String cfarContractId = "1ec9a4ab-66c5-6d0a-9c2f-1d2b3c4d5e6f";

		@SerializedName("dg_contract_id")
		String dgContractId = "2fd8b5bc-77d6-7e1b-8d3a-2e3c4d5e6f70";

		@SerializedName("cfar_offer_ids")
		List<String> cfarOfferIds = List.of("cfar-offer-1", "cfar-offer-2");

		@SerializedName("booking_references")
		java.util.Map<String, String> bookingReferences = java.util.Map.of("cfar", "ABC123");

		static Booking create() {
			Booking booking = new Booking();
			booking.occurredDateTime = Instant.now().toString();
			return booking;
		}

	}

	/**
	 * The event as a record.
	 */
	record BookingRecord(String type, Instant occurredDateTime, String cfarContractId, String dgContractId,
			List<String> cfarOfferIds, java.util.Map<String, String> bookingReferences) {

		static BookingRecord create() {
			return new BookingRecord("booking_confirmed", Instant.now(), "1ec9a4ab-66c5-6d0a-9c2f-1d2b3c4d5e6f",
					"2fd8b5bc-77d6-7e1b-8d3a-2e3c4d5e6f70", List.of("cfar-offer-1", "cfar-offer-2"),
					java.util.Map.of("cfar", "ABC123"));
		}

	}

}
