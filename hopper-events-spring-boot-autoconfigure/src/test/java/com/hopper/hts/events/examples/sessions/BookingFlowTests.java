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
package com.hopper.hts.events.examples.sessions;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;

import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.EventOutbox;
import com.hopper.hts.events.EventPublisher;
import com.hopper.hts.events.OffersDisplayed;
import com.hopper.hts.events.autoconfigure.HopperEventsAutoConfiguration;
import com.hopper.hts.events.autoconfigure.HopperOutboxAutoConfiguration;
import com.hopper.hts.events.session.web.HopperSessionAutoConfiguration;
import com.hopper.hts.events.test.FakeHopperApi;
import com.hopper.hts.events.test.ReceivedEvent;
import com.hopper.hts.events.test.ReceivedRequest;
import okhttp3.MediaType;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.autoconfigure.task.TaskExecutionAutoConfiguration;
import org.springframework.boot.http.codec.autoconfigure.CodecsAutoConfiguration;
import org.springframework.boot.reactor.netty.autoconfigure.NettyReactiveWebServerAutoConfiguration;
import org.springframework.boot.tomcat.autoconfigure.servlet.TomcatServletWebServerAutoConfiguration;
import org.springframework.boot.webflux.autoconfigure.HttpHandlerAutoConfiguration;
import org.springframework.boot.webflux.autoconfigure.WebFluxAutoConfiguration;
import org.springframework.boot.webflux.autoconfigure.WebSessionIdResolverAutoConfiguration;
import org.springframework.boot.webmvc.autoconfigure.DispatcherServletAutoConfiguration;
import org.springframework.boot.webmvc.autoconfigure.WebMvcAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.core.task.TaskDecorator;
import org.springframework.core.task.support.ContextPropagatingTaskDecorator;
import org.springframework.http.ResponseEntity;
import org.springframework.scheduling.annotation.EnableAsync;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.reactive.function.client.WebClient;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Runs the flow of the document, from the offers to the booking, against the stand-in of
 * the API: in a servlet application with {@code @Async}, in a reactive one, and with a
 * client like the vendor's.
 */
class BookingFlowTests {

	private static final Duration TIMEOUT = Duration.ofSeconds(60);

	private final FakeHopperApi api = FakeHopperApi.builder().token("token").start();

	@AfterEach
	void close() {
		this.api.close();
	}

	@ParameterizedTest
	@ValueSource(classes = { ServletApplication.class, ReactiveApplication.class, OkHttpApplication.class })
	void everyEventHasTheSessionOfItsCustomer(Class<?> type) {
		try (ConfigurableApplicationContext application = run(type)) {
			WebClient first = customer(application);
			WebClient second = customer(application);
			ResponseEntity<String> firstOffers = post(first, "/offers?itinerary=a", null);
			ResponseEntity<String> secondOffers = post(second, "/offers?itinerary=b", null);
			String firstCookie = cookie(firstOffers);
			String secondCookie = cookie(secondOffers);
			post(second, "/offers/displayed?time=2026-01-01T10:00:00Z", secondCookie);
			post(first, "/offers/displayed?time=2026-01-01T10:00:01Z", firstCookie);
			post(first, "/bookings?offerId=offer-1", firstCookie);
			post(second, "/bookings?offerId=offer-2", secondCookie);
			assertThat(application.getBean(EventOutbox.class).flush(TIMEOUT)).isTrue();
		}
		List<ReceivedEvent> events = this.api.received();
		assertThat(events).extracting(ReceivedEvent::event)
			.hasExactlyElementsOfTypes(OffersDisplayed.class, OffersDisplayed.class, BookingConfirmed.class,
					BookingConfirmed.class);
		String secondSession = events.get(0).sessionId();
		String firstSession = events.get(1).sessionId();
		assertThat(firstSession).isNotNull().isNotEqualTo(secondSession);
		assertThat(events).extracting(ReceivedEvent::sessionId)
			.containsExactly(secondSession, firstSession, firstSession, secondSession);
		assertThat(this.api.requests()).filteredOn((request) -> request.path().endsWith("/cfar_contracts"))
			.hasSize(2)
			.allSatisfy((ReceivedRequest request) -> assertThat(request.header("HC-Session-ID")).isNull());
		this.api.assertNoViolations();
	}

	private ConfigurableApplicationContext run(Class<?> type) {
		SpringApplication application = new SpringApplication(type);
		application.setWebApplicationType(
				(type == ReactiveApplication.class) ? WebApplicationType.REACTIVE : WebApplicationType.SERVLET);
		// Reactor Netty 1.3.7 now and then leaves a request lying that arrives on a kept
		// connection while the answer to the one before, written by another thread, ends
		application.setDefaultProperties(Map.of("server.port", 0, "server.netty.max-keep-alive-requests", 1,
				"hopper.base-url", this.api.baseUrl(), "hopper.auth.token", "token", "hopper.session.store",
				"http-session", "hopper.outbox.concurrency", 1));
		return application.run();
	}

	private static WebClient customer(ConfigurableApplicationContext application) {
		return WebClient.create("http://localhost:" + application.getEnvironment().getProperty("local.server.port"));
	}

	private static ResponseEntity<String> post(WebClient customer, String uri, String cookie) {
		return customer.post()
			.uri(uri)
			.headers((headers) -> headers.set("Cookie", (cookie != null) ? cookie : "none=none"))
			.retrieve()
			.toEntity(String.class)
			.block(TIMEOUT);
	}

	private static String cookie(ResponseEntity<String> response) {
		String cookie = response.getHeaders().getFirst("Set-Cookie");
		assertThat(cookie).isNotNull();
		return cookie.substring(0, cookie.indexOf(';'));
	}

	@SpringBootConfiguration(proxyBeanMethods = false)
	@ImportAutoConfiguration({ TomcatServletWebServerAutoConfiguration.class, DispatcherServletAutoConfiguration.class,
			WebMvcAutoConfiguration.class, TaskExecutionAutoConfiguration.class, HopperEventsAutoConfiguration.class,
			HopperOutboxAutoConfiguration.class, HopperSessionAutoConfiguration.class })
	@EnableAsync
	@Import({ HopperServices.class, BookingController.class, BookingConfirmation.class })
	static class ServletApplication {

		// What spring.task.execution.propagate-context does since Spring Boot 4.1
		@Bean
		TaskDecorator taskDecorator() {
			return new ContextPropagatingTaskDecorator();
		}

	}

	@SpringBootConfiguration(proxyBeanMethods = false)
	@ImportAutoConfiguration({ NettyReactiveWebServerAutoConfiguration.class, HttpHandlerAutoConfiguration.class,
			WebFluxAutoConfiguration.class, CodecsAutoConfiguration.class, WebSessionIdResolverAutoConfiguration.class,
			HopperEventsAutoConfiguration.class, HopperOutboxAutoConfiguration.class,
			HopperSessionAutoConfiguration.class })
	@Import(ReactiveBookingController.class)
	static class ReactiveApplication {

	}

	@SpringBootConfiguration(proxyBeanMethods = false)
	@ImportAutoConfiguration({ TomcatServletWebServerAutoConfiguration.class, DispatcherServletAutoConfiguration.class,
			WebMvcAutoConfiguration.class, HopperEventsAutoConfiguration.class, HopperOutboxAutoConfiguration.class,
			HopperSessionAutoConfiguration.class })
	@Import({ OkHttpController.class, SdkConfiguration.class })
	static class OkHttpApplication {

	}

	/**
	 * Calls the API with OkHttp and with a token of its own, as the vendor's SDK does.
	 */
	@RestController
	static class OkHttpController {

		private final OkHttpClient client;

		private final String baseUrl;

		private final EventPublisher publisher;

		private final EventOutbox outbox;

		OkHttpController(SdkConfiguration sdk, @Value("${hopper.base-url}") String baseUrl, EventPublisher publisher,
				EventOutbox outbox) {
			this.client = sdk.client;
			this.baseUrl = baseUrl;
			this.publisher = publisher;
			this.outbox = outbox;
		}

		@PostMapping("/offers")
		String offers(@RequestParam String itinerary) throws IOException {
			return call("/cfar_offers", "{\"itinerary\":\"" + itinerary + "\"}");
		}

		@PostMapping("/offers/displayed")
		void displayed(@RequestParam Instant time) {
			this.publisher.publishAndWait(OffersDisplayed.occurredAt(time));
		}

		@PostMapping("/bookings")
		UUID book(@RequestParam String offerId) throws IOException {
			String contract = call("/cfar_contracts", "{\"offer_id\":\"" + offerId + "\"}");
			return this.outbox.store(BookingConfirmed.occurredAt(Instant.now())
				.withCfarContractId(contract.replaceAll("[^a-f0-9-]", "")));
		}

		private String call(String path, String json) throws IOException {
			Request request = new Request.Builder().url(this.baseUrl + path)
				.header("Authorization", "Bearer token")
				.post(RequestBody.create(json, MediaType.get("application/json")))
				.build();
			try (Response response = this.client.newCall(request).execute()) {
				assertThat(response.code()).isEqualTo(201);
				return response.body().string();
			}
		}

	}

}
