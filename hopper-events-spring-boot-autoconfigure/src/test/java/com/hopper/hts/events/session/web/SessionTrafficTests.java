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
package com.hopper.hts.events.session.web;

import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.EventPublisher;
import com.hopper.hts.events.OffersDisplayed;
import com.hopper.hts.events.SessionEvent;
import com.hopper.hts.events.auth.BearerTokenProvider;
import com.hopper.hts.events.autoconfigure.HopperEventsAutoConfiguration;
import com.hopper.hts.events.session.HopperSessionContext;
import com.hopper.hts.events.session.HopperSessionContext.Origin;
import com.hopper.hts.events.session.HopperSessions;
import com.hopper.hts.events.session.SessionRequest;
import com.hopper.hts.events.test.FakeHopperApi;
import com.hopper.hts.events.test.ReceivedRequest;
import com.hopper.hts.events.testing.ScriptedServer;
import okhttp3.Call;
import okhttp3.Callback;
import okhttp3.Interceptor;
import okhttp3.MediaType;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import reactor.core.publisher.Flux;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ApplicationContext;
import org.springframework.http.client.ClientHttpRequestInterceptor;
import org.springframework.web.client.RestClient;
import org.springframework.web.reactive.function.client.WebClient;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests that calls of the API take part in the current session.
 */
@ExtendWith(OutputCaptureExtension.class)
class SessionTrafficTests {

	private static final Duration TIMEOUT = Duration.ofSeconds(60);

	private final FakeHopperApi api = FakeHopperApi.builder().client("id", "secret").start();

	private final ApplicationContextRunner contextRunner = new ApplicationContextRunner()
		.withConfiguration(
				AutoConfigurations.of(HopperEventsAutoConfiguration.class, HopperSessionAutoConfiguration.class))
		.withPropertyValues("hopper.base-url=" + this.api.baseUrl(), "hopper.auth.client-id=id",
				"hopper.auth.client-secret=secret");

	private final HopperSessionContext customer = HopperSessionContext.create();

	@AfterEach
	void close() {
		this.api.close();
		assertThat(HopperSessionContext.current()).isSameAs(HopperSessionContext.none());
	}

	@Test
	void hopperWebClientLearnsTheSessionOfTheThreadAndSendsIt() {
		this.contextRunner.run((context) -> this.customer.run(() -> {
			WebClient hopper = hopperWebClient(context);
			assertThat(post(hopper, "/cfar_offers")).isNotEmpty();
			String sessionId = this.customer.sessionId();
			assertThat(sessionId).isNotNull();
			assertThat(this.customer.origin()).isEqualTo(Origin.ANSWER);
			post(hopper, "/dg_offers");
			post(hopper, "/cfar_contracts");
			context.getBean(EventPublisher.class).publishAndWait(OffersDisplayed.occurredAt(Instant.EPOCH));
			assertThat(sessionIds()).containsExactly(null, null, sessionId, null, sessionId);
			assertThat(this.customer.sessionId()).isEqualTo(sessionId);
		}));
	}

	@Test
	void hopperWebClientLearnsTheSessionOfTheChain() {
		this.contextRunner.run((context) -> {
			hopperWebClient(context).post()
				.uri("/cfar_offers")
				.bodyValue(Map.of())
				.retrieve()
				.toBodilessEntity()
				.then(context.getBean(EventPublisher.class).publish(OffersDisplayed.occurredAt(Instant.EPOCH)))
				.contextWrite(this.customer.toReactorContext())
				.block(TIMEOUT);
			assertThat(this.api.received()).singleElement()
				.satisfies((received) -> assertThat(received.sessionId()).isEqualTo(this.customer.sessionId())
					.isNotNull());
		});
	}

	@Test
	void sessionOfTheCallerWins() {
		this.customer.setSessionId("session-1");
		this.contextRunner.run((context) -> this.customer.run(() -> {
			hopperWebClient(context).post()
				.uri("/cfar_offers")
				.header("HC-Session-ID", "session-2")
				.bodyValue(Map.of())
				.retrieve()
				.toBodilessEntity()
				.block(TIMEOUT);
			assertThat(sessionIds()).containsExactly(null, "session-2");
			assertThat(this.customer.sessionId()).isEqualTo("session-2");
		}));
	}

	@Test
	void eventThatIsGivenNoSessionIsSentWithout() {
		this.customer.setSessionId("session-1");
		SessionEvent ofAnother = SessionEvent
			.of(BookingConfirmed.occurredAt(Instant.EPOCH).withCfarOfferIds("offer-of-another"));
		this.contextRunner.run((context) -> this.customer.run(() -> {
			context.getBean(EventPublisher.class).publishAll(Flux.just(ofAnother), 1).blockLast(TIMEOUT);
			assertThat(this.api.received()).singleElement()
				.satisfies((received) -> assertThat(received.sessionId()).isNull());
		}));
	}

	@Test
	void sessionThatIsCreatedBecomesTheCurrentOne() {
		this.contextRunner.run((context) -> this.customer.run(() -> {
			HopperSessions sessions = context.getBean(HopperSessions.class);
			String id = sessions.create(SessionRequest.purchase("US", "en")).block(TIMEOUT).id();
			assertThat(this.customer.sessionId()).isEqualTo(id);
		}));
	}

	@Test
	void valueThatIsNoBooleanIsReportedWithItsProperty() {
		this.contextRunner.withPropertyValues("hopper.session.learn=sometimes")
			.run((context) -> assertThat(context).getFailure().hasStackTraceContaining("'hopper.session.learn'"));
	}

	@Test
	void nothingIsLearnedOrSentIfThatIsSwitchedOff() {
		this.contextRunner.withPropertyValues("hopper.session.learn=false").run((context) -> this.customer.run(() -> {
			post(hopperWebClient(context), "/cfar_offers");
			context.getBean(HopperSessions.class).create(SessionRequest.purchase("US", "en")).block(TIMEOUT);
			assertThat(this.customer.sessionId()).isNull();
			this.customer.setSessionId("session-1");
			post(hopperWebClient(context), "/cfar_offers");
			assertThat(sessionIds()).containsOnly((String) null);
		}));
	}

	@Test
	void nothingIsLearnedOrSentWhereNoContextIs() {
		this.contextRunner.run((context) -> {
			post(hopperWebClient(context), "/cfar_offers");
			post(hopperWebClient(context), "/cfar_offers");
			assertThat(sessionIds()).containsExactly(null, null, null);
		});
	}

	@Test
	void whatCannotBeASessionIdIsNotLearned(CapturedOutput output) throws Exception {
		try (ScriptedServer server = new ScriptedServer()) {
			server.thenAnswer(withSession(201, "canary-" + "s".repeat(4100)))
				.thenAnswer(withSession(201, "canary-\u00e9-session"))
				.thenAnswer(withSession(500, "canary-session"));
			new ApplicationContextRunner()
				.withConfiguration(AutoConfigurations.of(HopperEventsAutoConfiguration.class,
						HopperSessionAutoConfiguration.class))
				.withPropertyValues("hopper.base-url=" + server.baseUrl(), "hopper.auth.token=token")
				.run((context) -> this.customer.run(() -> {
					for (int i = 0; i < 3; i++) {
						hopperWebClient(context).post()
							.uri("/cfar_offers")
							.exchangeToMono((response) -> response.releaseBody())
							.onErrorComplete()
							.block(TIMEOUT);
					}
				}));
			assertThat(server.requests()).hasSize(3);
		}
		assertThat(this.customer.sessionId()).isNull();
		assertThat(output).contains("session id of 4107 characters").doesNotContain("canary");
	}

	@Test
	void otherHostsLearnNothing() throws Exception {
		this.customer.setSessionId("session-1");
		try (ScriptedServer other = new ScriptedServer()) {
			other.thenAnswer(withSession(200, "session-2"))
				.thenAnswer(withSession(200, "session-2"))
				.thenAnswer(withSession(200, "session-2"));
			URI url = URI.create(other.baseUrl() + "/cfar_offers");
			this.contextRunner.run((context) -> this.customer.run(() -> {
				hopperWebClient(context).post().uri(url).retrieve().toBodilessEntity().block(TIMEOUT);
				restClient(context).post().uri(url).retrieve().toBodilessEntity();
				execute(okHttpClient(context), request(url.toString()).build());
			}));
			assertThat(other.requests()).hasSize(3)
				.allSatisfy((request) -> assertThat(request.headers()).doesNotContainKey("hc-session-id"));
		}
		assertThat(this.customer.sessionId()).isEqualTo("session-1");
	}

	@Test
	void restClientOfTheApplicationTakesPart() {
		this.contextRunner.run((context) -> this.customer.run(() -> {
			RestClient client = restClient(context);
			String token = context.getBean(BearerTokenProvider.class).getToken().block(TIMEOUT);
			for (String endpoint : List.of("/cfar_offers/external", "/dg_offers", "/dg_contracts")) {
				client.post()
					.uri(this.api.baseUrl() + endpoint)
					.header("Authorization", "Bearer " + token)
					.body(Map.of())
					.retrieve()
					.toBodilessEntity();
			}
			String sessionId = this.customer.sessionId();
			assertThat(sessionId).isNotNull();
			assertThat(sessionIds()).containsExactly(null, null, sessionId, null);
		}));
	}

	@Test
	void okHttpClientTakesPart() {
		this.contextRunner.run((context) -> {
			OkHttpClient client = okHttpClient(context);
			String token = context.getBean(BearerTokenProvider.class).getToken().block(TIMEOUT);
			Request.Builder request = request(this.api.baseUrl() + "/cfar_offers").header("Authorization",
					"Bearer " + token);
			this.customer.run(() -> {
				execute(client, request.build());
				execute(client, request.build());
			});
			String sessionId = this.customer.sessionId();
			assertThat(sessionId).isNotNull();
			HopperSessionContext tagged = HopperSessionContext.of("session-2");
			enqueue(client, request.tag(HopperSessionContext.class, tagged).build());
			assertThat(sessionIds()).containsExactly(null, null, sessionId, "session-2");
		});
	}

	@Test
	void worksWithoutOkHttpAndContextPropagation() {
		this.contextRunner
			.withClassLoader(new FilteredClassLoader("okhttp3", "io.micrometer.context", "jakarta.servlet"))
			.run((context) -> {
				assertThat(context).doesNotHaveBean("hopperOkHttpInterceptor").doesNotHaveBean("hopperSessionFilter");
				this.customer.run(() -> post(hopperWebClient(context), "/cfar_offers"));
				assertThat(this.customer.sessionId()).isNotNull();
			});
	}

	@Test
	void disabledApplicationLearnsNothing() {
		this.contextRunner.withPropertyValues("hopper.enabled=false").run((context) -> this.customer.run(() -> {
			hopperWebClient(context).post().uri("/cfar_offers").retrieve().toBodilessEntity().block(TIMEOUT);
			execute(okHttpClient(context), request(this.api.baseUrl() + "/cfar_offers").build());
			assertThat(this.customer.sessionId()).isNull();
		}));
	}

	private static String withSession(int status, String sessionId) {
		return "HTTP/1.1 " + status + " Test\r\nContent-Length: 0\r\nHTS-Session-ID: " + sessionId + "\r\n\r\n";
	}

	private static WebClient hopperWebClient(ApplicationContext context) {
		return context.getBean("hopperWebClient", WebClient.class);
	}

	private static RestClient restClient(ApplicationContext context) {
		return RestClient.builder()
			.requestInterceptor(context.getBean("hopperRestClientInterceptor", ClientHttpRequestInterceptor.class))
			.build();
	}

	private static OkHttpClient okHttpClient(ApplicationContext context) {
		return new OkHttpClient.Builder().addInterceptor(context.getBean("hopperOkHttpInterceptor", Interceptor.class))
			.build();
	}

	private static Request.Builder request(String url) {
		return new Request.Builder().url(url).post(RequestBody.create("{}", MediaType.get("application/json")));
	}

	private static void execute(OkHttpClient client, Request request) {
		try (Response response = client.newCall(request).execute()) {
			assertThat(response.code()).isGreaterThan(199);
		}
		catch (IOException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private static void enqueue(OkHttpClient client, Request request) throws Exception {
		CompletableFuture<Integer> status = new CompletableFuture<>();
		client.newCall(request).enqueue(new Callback() {

			@Override
			public void onFailure(Call call, IOException ex) {
				status.completeExceptionally(ex);
			}

			@Override
			public void onResponse(Call call, Response response) {
				response.close();
				status.complete(response.code());
			}

		});
		assertThat(status.get(TIMEOUT.toSeconds(), TimeUnit.SECONDS)).isEqualTo(201);
	}

	private static String post(WebClient client, String path) {
		return client.post().uri(path).bodyValue(Map.of()).retrieve().bodyToMono(String.class).block(TIMEOUT);
	}

	private List<String> sessionIds() {
		return this.api.requests().stream().map((ReceivedRequest request) -> request.header("HC-Session-ID")).toList();
	}

}
