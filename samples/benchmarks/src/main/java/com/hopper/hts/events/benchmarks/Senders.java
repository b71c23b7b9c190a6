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
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

import javax.net.ssl.X509TrustManager;

import com.google.gson.Gson;
import com.google.gson.annotations.SerializedName;
import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.EventPublisher;
import io.micrometer.core.instrument.binder.okhttp3.OkHttpObservationInterceptor;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler;
import io.micrometer.observation.ObservationRegistry;
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
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.pem.PemSslStoreBundle;
import org.springframework.boot.ssl.pem.PemSslStoreDetails;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.http.HttpHeaders;
import org.springframework.http.client.reactive.ReactorClientHttpConnector;
import org.springframework.web.reactive.function.client.WebClient;
import reactor.core.publisher.Mono;
import reactor.netty.resources.ConnectionProvider;
import tools.jackson.databind.ObjectWriter;
import tools.jackson.databind.annotation.JsonNaming;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.json.JsonMapper;

/**
 * The ways to send an event that are compared. All send the same
 * {@code booking_confirmed} event with a bearer token.
 */
final class Senders {

	static final String OKHTTP = "okhttp";

	static final String OKHTTP_OBSERVED = "okhttp-observed";

	static final String OKHTTP_TUNED = "okhttp-tuned";

	static final String NETTY = "netty";

	static final String PUBLISHER = "publisher";

	static final String PUBLISHER_OBSERVED = "publisher-observed";

	static final String PUBLISHER_BLOCKING = "publisher-blocking";

	static final String PUBLISHER_OFF = "publisher-off";

	static final String PUBLISHER_HTTP2 = "publisher-http2";

	static final String TOKEN = "benchmark-token-benchmark-token-benchmark-token";

	static final String SESSION = "b6bbb84f-2a1d-4f5e-9d0c-5f6a7b8c9d0e";

	private static final String MICROMETER = "org.springframework.boot.micrometer.";

	private static final String REQUEST_OBSERVATION = "org.springframework.boot.webclient.autoconfigure"
			+ ".WebClientObservationAutoConfiguration";

	/**
	 * Without these an application has no registry of meters or observations, so the
	 * publisher has none either.
	 */
	private static final List<String> OBSERVABILITY = List.of(
			MICROMETER + "metrics.autoconfigure.MetricsAutoConfiguration",
			MICROMETER + "metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration",
			MICROMETER + "metrics.autoconfigure.export.simple.SimpleMetricsExportAutoConfiguration",
			MICROMETER + "observation.autoconfigure.ObservationAutoConfiguration", REQUEST_OBSERVATION);

	private Senders() {
	}

	static String describe(String name) {
		return switch (name) {
			case NETTY -> "bare reactor-netty, pre-built bytes (the limit)";
			case PUBLISHER -> "**`EventPublisher`, everything on**";
			case PUBLISHER_OBSERVED -> "`EventPublisher`, everything on, and a handler of observations besides";
			case PUBLISHER_OFF -> "`EventPublisher` without metrics, observations and retries";
			case PUBLISHER_BLOCKING -> "`EventPublisher.publishAndWait`, everything on, a thread for each in flight";
			case OKHTTP -> "OkHttp 4 + Gson, as generated SDKs do it (the baseline)";
			case OKHTTP_OBSERVED ->
				"OkHttp 4 + Gson with Micrometer's `OkHttpObservationInterceptor` and an observation around it";
			case OKHTTP_TUNED -> "OkHttp 4 + Gson, with a pool as large as there are requests in flight";
			case "webclient" -> "`WebClient` with `bodyValue(record)`";
			case "webclient-tuned" -> "`WebClient`, prepared `URI` and `ObjectWriter`";
			case "jdk" -> "JDK `HttpClient`, asynchronous";
			case PUBLISHER_HTTP2 -> "`EventPublisher`, everything on, with `hopper.client.http2`";
			default -> throw new IllegalArgumentException(name);
		};
	}

	/**
	 * Create a way to send.
	 * @param name the name of the way
	 * @param baseUrl the base URL
	 * @param certificate a file with the certificate to trust, for HTTPS
	 */
	static Sender create(String name, String baseUrl, String certificate) {
		return switch (name) {
			case NETTY -> netty(baseUrl);
			// As it comes, with no more than five idle connections
			case OKHTTP -> okHttp(baseUrl, okHttpClient(certificate));
			case OKHTTP_OBSERVED -> observedOkHttp(baseUrl, okHttpClient(certificate));
			case OKHTTP_TUNED -> okHttp(baseUrl, okHttpClient(certificate)
				.connectionPool(new ConnectionPool(Api.MAX_IN_FLIGHT, 5, TimeUnit.MINUTES)));
			case "webclient" -> webClient(baseUrl);
			case "webclient-tuned" -> tunedWebClient(baseUrl);
			case "jdk" -> jdk(baseUrl);
			default -> publisher(name, baseUrl, certificate);
		};
	}

	private static Sender publisher(String name, String baseUrl, String certificate) {
		EventPublisher publisher = application(name, baseUrl, certificate).getBean(EventPublisher.class);
		return name.equals(PUBLISHER_BLOCKING) ? Sender.blocking(() -> publisher.publishAndWait(SESSION, event()))
				: Sender.reactive(() -> publisher.publish(SESSION, event()));
	}

	/**
	 * Start an application whose publisher is what auto-configuration makes of it. What
	 * is on or off differs by auto-configurations and properties only.
	 */
	static ConfigurableApplicationContext application(String name, String baseUrl, String certificate) {
		List<String> excluded = new ArrayList<>();
		excluded.add("org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration");
		List<String> properties = new ArrayList<>(List.of("spring.main.banner-mode=off", "logging.level.root=error",
				"hopper.base-url=" + baseUrl, "hopper.auth.token=" + TOKEN));
		if (name.equals(PUBLISHER_OFF)) {
			excluded.addAll(OBSERVABILITY);
			properties.add("hopper.retry.max-attempts=1");
		}
		if (baseUrl.startsWith("https:")) {
			properties.add("spring.ssl.bundle.pem.benchmark.truststore.certificate=file:" + certificate);
			properties.add("hopper.client.ssl.bundle=benchmark");
		}
		if (name.equals(PUBLISHER_HTTP2)) {
			properties.add("hopper.client.http2=true");
		}
		properties.add("hopper.client.pool.max-connections=" + Api.MAX_IN_FLIGHT);
		properties.add("spring.autoconfigure.exclude=" + String.join(",", excluded));
		List<Class<?>> sources = new ArrayList<>(List.of(Application.class));
		if (name.equals(PUBLISHER_OBSERVED)) {
			sources.add(Observer.class);
		}
		return new SpringApplicationBuilder(sources.toArray(Class<?>[]::new)).web(WebApplicationType.NONE)
			.properties(properties.toArray(String[]::new))
			.run();
	}

	static BookingConfirmed event() {
		return BookingConfirmed.occurredAt(Instant.now())
			.withCfarContractId("1ec9a4ab-66c5-6d0a-9c2f-1d2b3c4d5e6f")
			.withDgContractId("2fd8b5bc-77d6-7e1b-8d3a-2e3c4d5e6f70")
			.withCfarOfferIds(List.of("cfar-offer-1", "cfar-offer-2"))
			.withBookingReference("cfar", "ABC123");
	}

	private static Sender okHttp(String baseUrl, OkHttpClient.Builder builder) {
		return Sender.blocking(okHttpCall(baseUrl, builder));
	}

	/**
	 * Observed as the publisher is: by the same registry, which an application has made,
	 * as a publication and as a request.
	 */
	private static Sender observedOkHttp(String baseUrl, OkHttpClient.Builder builder) {
		ObservationRegistry registry = application(PUBLISHER, "http://127.0.0.1:1", "")
			.getBean(ObservationRegistry.class);
		Sender.Call call = okHttpCall(baseUrl,
				builder.addInterceptor(OkHttpObservationInterceptor.builder(registry, "http.client.requests").build()));
		return Sender.blocking(() -> Observation.createNotStarted("events.publish", registry)
			.lowCardinalityKeyValue("event.type", "booking_confirmed")
			.observeChecked(call::send));
	}

	private static Sender.Call okHttpCall(String baseUrl, OkHttpClient.Builder builder) {
		OkHttpClient client = builder
			.addInterceptor((chain) -> chain
				.proceed(chain.request().newBuilder().header("Authorization", "Bearer " + TOKEN).build()))
			.build();
		Gson gson = new Gson();
		MediaType json = MediaType.get("application/json; charset=utf-8");
		return () -> {
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
		};
	}

	/**
	 * As it comes, with no more than five idle connections.
	 */
	private static OkHttpClient.Builder okHttpClient(String certificate) {
		OkHttpClient.Builder builder = new OkHttpClient.Builder();
		if (certificate.isEmpty()) {
			return builder;
		}
		SslBundle bundle = SslBundle
			.of(new PemSslStoreBundle(null, PemSslStoreDetails.forCertificate("file:" + certificate)));
		X509TrustManager trust = (X509TrustManager) bundle.getManagers().getTrustManagers()[0];
		return builder.sslSocketFactory(bundle.createSslContext().getSocketFactory(), trust);
	}

	private static Sender webClient(String baseUrl) {
		WebClient client = webClientBuilder().baseUrl(baseUrl)
			.defaultHeader(HttpHeaders.AUTHORIZATION, "Bearer " + TOKEN)
			.build();
		return Sender.reactive(() -> client.post()
			.uri("/events")
			.contentType(org.springframework.http.MediaType.APPLICATION_JSON)
			.accept(org.springframework.http.MediaType.APPLICATION_JSON)
			.header("HC-Session-ID", SESSION)
			.bodyValue(BookingRecord.create())
			.retrieve()
			.toBodilessEntity());
	}

	private static Sender tunedWebClient(String baseUrl) {
		WebClient client = webClientBuilder().build();
		URI uri = URI.create(baseUrl + "/events");
		ObjectWriter writer = JsonMapper.shared().writerFor(BookingRecord.class);
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
				.exchangeToMono((response) -> response.releaseBody().then(check(response.statusCode().value())));
		});
	}

	private static WebClient.Builder webClientBuilder() {
		return WebClient.builder()
			.clientConnector(new ReactorClientHttpConnector(reactor.netty.http.client.HttpClient
				.create(ConnectionProvider.builder("benchmark").maxConnections(Api.MAX_IN_FLIGHT).lifo().build())));
	}

	private static Sender netty(String baseUrl) {
		reactor.netty.http.client.HttpClient client = reactor.netty.http.client.HttpClient
			.create(ConnectionProvider.builder("benchmark").maxConnections(Api.MAX_IN_FLIGHT).lifo().build())
			.headers((headers) -> headers.set("Authorization", "Bearer " + TOKEN)
				.set("Content-Type", "application/json")
				.set("Accept", "application/json")
				.set("HC-Session-ID", SESSION));
		byte[] body = new Gson().toJson(Booking.create()).getBytes(StandardCharsets.UTF_8);
		return Sender.reactive(() -> client.post()
			.uri(baseUrl + "/events")
			.send(Mono.fromSupplier(() -> Unpooled.wrappedBuffer(body)))
			// Not response(), which closes the connection
			.responseSingle((response, content) -> content.then(check(response.status().code()))));
	}

	private static Sender jdk(String baseUrl) {
		HttpClient client = HttpClient.newBuilder()
			.version(HttpClient.Version.HTTP_1_1)
			.connectTimeout(Duration.ofSeconds(2))
			.build();
		Gson gson = new Gson();
		return Sender
			.reactive(() -> Mono
				.fromFuture(client.sendAsync(HttpRequest.newBuilder(URI.create(baseUrl + "/events"))
					.header("Authorization", "Bearer " + TOKEN)
					.header("Content-Type", "application/json")
					.header("Accept", "application/json")
					.header("HC-Session-ID", SESSION)
					.POST(HttpRequest.BodyPublishers.ofString(gson.toJson(Booking.create())))
					.build(), HttpResponse.BodyHandlers.discarding()))
				.flatMap((response) -> check(response.statusCode())));
	}

	private static Mono<Void> check(int status) {
		return (status == 204) ? Mono.empty() : Mono.error(new IOException("Status " + status));
	}

	/**
	 * What a tracer is to publications, without what it does.
	 */
	static final class Observer implements ObservationHandler<Observation.Context> {

		@Override
		public boolean supportsContext(Observation.Context context) {
			return true;
		}

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
	@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
	record BookingRecord(String type, Instant occurredDateTime, String cfarContractId, String dgContractId,
			List<String> cfarOfferIds, java.util.Map<String, String> bookingReferences) {

		static BookingRecord create() {
			return new BookingRecord("booking_confirmed", Instant.now(), "1ec9a4ab-66c5-6d0a-9c2f-1d2b3c4d5e6f",
					"2fd8b5bc-77d6-7e1b-8d3a-2e3c4d5e6f70", List.of("cfar-offer-1", "cfar-offer-2"),
					java.util.Map.of("cfar", "ABC123"));
		}

	}

}
