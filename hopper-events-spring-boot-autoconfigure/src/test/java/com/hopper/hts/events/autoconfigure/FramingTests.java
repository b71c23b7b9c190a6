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

package com.hopper.hts.events.autoconfigure;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import com.hopper.hts.events.EventPublisher;
import com.hopper.hts.events.EventReceipt;
import com.hopper.hts.events.HopperApiException;
import com.hopper.hts.events.OffersDisplayed;
import com.hopper.hts.events.testing.ScriptedServer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.netty.resources.LoopResources;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.http.client.ReactorResourceFactory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * Tests that an event is never given an answer that is not its own, whatever a server or
 * a proxy sends on a connection, and that a connection whose framing is in doubt is
 * closed.
 */
@Tag("compatibility")
class FramingTests {

	private static final OffersDisplayed OFFERS = OffersDisplayed.occurredAt(Instant.EPOCH);

	private static final String REFUSED = ScriptedServer.response(400, "{}");

	private final ApplicationContextRunner contextRunner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(HopperEventsAutoConfiguration.class))
		.withPropertyValues("hopper.auth.token=test-token", "hopper.retry.max-attempts=1",
				"hopper.client.pool.max-connections=1", "hopper.client.read-timeout=5s");

	@ParameterizedTest
	@ValueSource(strings = { "HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\n{}",
			"HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
			"HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
			"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n{}", "HTTP/1.1 204 No Content\r\n\r\n\r\n",
			"HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 204 No Content\r\nX: ",
			"HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
			"HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n" })
	void bytesAfterTheEndInTheSamePacketEndTheConnection(String answer) throws Exception {
		try (ScriptedServer server = new ScriptedServer()) {
			server.thenAnswer(answer).thenAnswer(REFUSED);
			run(server, (publisher) -> {
				assertDelivered(publisher);
				assertRefused(publisher);
				assertDelivered(publisher);
				assertThat(server.connectionsAccepted()).isEqualTo(2);
			});
		}
	}

	@Test
	void eventThatWaitsForTheConnectionIsNotGivenTheAnswerAfterTheEnd() throws Exception {
		try (ScriptedServer server = new ScriptedServer()) {
			for (int i = 0; i < 10; i++) {
				server.thenAnswer(ScriptedServer.NO_CONTENT + ScriptedServer.NO_CONTENT).thenAnswer(REFUSED);
			}
			run(server, (publisher) -> {
				List<Boolean> delivered = Flux.range(0, 20)
					.flatMap((i) -> publisher.publish("session", OFFERS)
						.map(EventReceipt::delivered)
						.onErrorReturn(HopperApiException.Rejected.class, false), 20)
					.collectList()
					.block(Duration.ofSeconds(60));
				assertThat(delivered).hasSize(20).filteredOn((value) -> value).hasSize(10);
			});
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n",
			"HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\n" })
	void endThatComesLateIsNobodysAnswer(String head) throws Exception {
		try (ScriptedServer server = new ScriptedServer()) {
			server.then((exchange) -> {
				exchange.send(head);
				exchange.pause(Duration.ofMillis(50));
				exchange.send("0\r\n\r\n");
			}).thenAnswer(REFUSED);
			run(server, (publisher) -> {
				assertDelivered(publisher);
				assertRefused(publisher);
				assertThat(server.connectionsAccepted()).isEqualTo(2);
			});
		}
	}

	@Test
	void answerWithoutARequestEndsTheConnection() throws Exception {
		try (ScriptedServer server = new ScriptedServer()) {
			server.then((exchange) -> {
				exchange.send(ScriptedServer.NO_CONTENT);
				exchange.pause(Duration.ofMillis(50));
				exchange.send(ScriptedServer.NO_CONTENT);
			}).thenAnswer(REFUSED);
			run(server, (publisher) -> {
				assertDelivered(publisher);
				await().until(() -> server.connectionsOpen() == 0);
				assertRefused(publisher);
			});
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 102 Processing\r\n\r\n",
			"HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n",
			"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 199 Status\r\n\r\n" })
	void interimAnswersAreNotTheAnswer(String interim) throws Exception {
		try (ScriptedServer server = new ScriptedServer()) {
			server.thenAnswer(interim + REFUSED).thenAnswer(interim + ScriptedServer.NO_CONTENT).then((exchange) -> {
				exchange.send(interim);
				exchange.pause(Duration.ofMillis(20));
				exchange.send(REFUSED);
			});
			run(server, (publisher) -> {
				assertRefused(publisher);
				assertDelivered(publisher);
				assertRefused(publisher);
				assertDelivered(publisher);
				assertThat(server.connectionsAccepted()).isEqualTo(1);
			});
		}
	}

	@Test
	void unaskedSwitchOfProtocolsEndsTheConnection() throws Exception {
		try (ScriptedServer server = new ScriptedServer()) {
			server
				.thenAnswer("HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n"
						+ ScriptedServer.NO_CONTENT)
				.thenAnswer(REFUSED);
			run(server, (publisher) -> {
				assertThatExceptionOfType(HopperApiException.class)
					.isThrownBy(() -> publisher.publishAndWait("session", OFFERS));
				assertRefused(publisher);
				assertThat(server.connectionsAccepted()).isEqualTo(2);
			});
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "HTTP/1.1 205 Reset Content\r\n\r\n",
			"HTTP/1.1 205 Reset Content\r\nContent-Length: 2\r\n\r\n{}",
			"HTTP/1.1 205 Reset Content\r\nTransfer-Encoding: chunked\r\n\r\n",
			"HTTP/1.1 304 Not Modified\r\nContent-Length: 2\r\n\r\n{}", "HTTP/1.1 304 Not Modified\r\n\r\n{}",
			"HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n{}",
			"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 5\r\n\r\n{}",
			"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n{}", "HTTP/1.1 99 Status\r\nContent-Length: 5\r\n\r\n{}",
			"HTTP/1.1 2040 Status\r\nContent-Length: 0\r\n\r\n", "rubbish\r\n\r\n" })
	void answerThatNoEventExpectsLeavesNothingForTheNext(String answer) throws Exception {
		try (ScriptedServer server = new ScriptedServer()) {
			server.thenAnswer(answer).thenAnswer(REFUSED);
			run(server, (publisher) -> {
				assertThatExceptionOfType(HopperApiException.class)
					.isThrownBy(() -> publisher.publishAndWait("session", OFFERS));
				assertRefused(publisher);
				assertDelivered(publisher);
				assertThat(server.connectionsAccepted()).isEqualTo(2);
			});
		}
	}

	@Test
	void errorWhoseEndComesLateKeepsItsConnection() throws Exception {
		try (ScriptedServer server = new ScriptedServer()) {
			server.then((exchange) -> {
				exchange.send("HTTP/1.1 400 Status\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n");
				exchange.pause(Duration.ofMillis(20));
				exchange.send("0\r\n\r\n");
			});
			run(server, (publisher) -> {
				assertRefused(publisher);
				assertDelivered(publisher);
				assertThat(server.connectionsAccepted()).isEqualTo(1);
			});
		}
	}

	@Test
	void answerBytePerByteIsTheAnswer() throws Exception {
		try (ScriptedServer server = new ScriptedServer()) {
			for (String answer : List.of(ScriptedServer.NO_CONTENT, REFUSED)) {
				server.then((exchange) -> {
					for (char c : answer.toCharArray()) {
						exchange.send(String.valueOf(c));
					}
				});
			}
			run(server, (publisher) -> {
				assertDelivered(publisher);
				assertRefused(publisher);
				assertDelivered(publisher);
				assertThat(server.connectionsAccepted()).isEqualTo(1);
			});
		}
	}

	@Test
	void connectionOfAnEventThatIsGivenUpAsItsAnswerArrivesIsNotUsedForAnother() throws Exception {
		LoopResources loops = LoopResources.create("framing", 1, true);
		CountDownLatch answers = new CountDownLatch(1);
		CountDownLatch answered = new CountDownLatch(1);
		CountDownLatch handled = new CountDownLatch(1);
		CountDownLatch cancelled = new CountDownLatch(1);
		try (ScriptedServer server = new ScriptedServer()) {
			server.then((exchange) -> {
				answers.await();
				exchange.send(ScriptedServer.NO_CONTENT);
				answered.countDown();
			}).then((exchange) -> {
				answered.await();
				exchange.send(ScriptedServer.NO_CONTENT);
				handled.countDown();
			});
			this.contextRunner.withBean(ReactorResourceFactory.class, () -> resources(loops))
				.withPropertyValues("hopper.base-url=" + server.baseUrl(), "hopper.client.pool.max-connections=2")
				.run((context) -> {
					EventPublisher publisher = context.getBean(EventPublisher.class);
					CountDownLatch delivered = new CountDownLatch(1);
					publisher.publish("session", OFFERS).subscribe((receipt) -> {
						delivered.countDown();
						awaitLatch(cancelled);
					});
					await().until(() -> server.requests().size() == 1);
					Disposable givenUp = publisher.publish("session", OFFERS).subscribe();
					await().until(() -> server.requests().size() == 2);
					CompletableFuture<List<EventReceipt>> waiting = Flux.range(0, 2)
						.flatMap((i) -> publisher.publish("session", OFFERS))
						.collectList()
						.toFuture();
					// Both answers wait for the event loop, which reads them in one go
					loops.onClient(true).next().execute(() -> {
						answers.countDown();
						awaitLatch(handled);
					});
					awaitLatch(delivered);
					givenUp.dispose();
					cancelled.countDown();
					assertThat(waiting.get(1, TimeUnit.MINUTES)).hasSize(2);
				});
		}
		finally {
			loops.dispose();
		}
	}

	private static ReactorResourceFactory resources(LoopResources loops) {
		ReactorResourceFactory resources = new ReactorResourceFactory();
		resources.setUseGlobalResources(false);
		resources.setLoopResources(loops);
		return resources;
	}

	private static void awaitLatch(CountDownLatch latch) {
		try {
			assertThat(latch.await(1, TimeUnit.MINUTES)).isTrue();
		}
		catch (InterruptedException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private void run(ScriptedServer server, Assertions assertions) {
		this.contextRunner.withPropertyValues("hopper.base-url=" + server.baseUrl())
			.run((context) -> assertions.on(context.getBean(EventPublisher.class)));
	}

	private static void assertDelivered(EventPublisher publisher) {
		assertThat(publisher.publishAndWait("session", OFFERS).delivered()).isTrue();
	}

	private static void assertRefused(EventPublisher publisher) {
		assertThatExceptionOfType(HopperApiException.Rejected.class)
			.isThrownBy(() -> publisher.publishAndWait("session", OFFERS));
	}

	@FunctionalInterface
	interface Assertions {

		void on(EventPublisher publisher) throws Exception;

	}

}
