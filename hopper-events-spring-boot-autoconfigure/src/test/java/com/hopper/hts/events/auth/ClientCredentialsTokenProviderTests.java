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
package com.hopper.hts.events.auth;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;

import com.hopper.hts.events.TokenRequestException;
import com.hopper.hts.events.testing.ScriptedServer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for {@link ClientCredentialsTokenProvider}, with a real token endpoint and clocks
 * that are turned by hand.
 */
@Tag("compatibility")
@ExtendWith(OutputCaptureExtension.class)
class ClientCredentialsTokenProviderTests extends ClientCredentialsFixture {

	@Test
	void thousandConcurrentSubscribersShareOneRequest() {
		CountDownLatch allWait = new CountDownLatch(1);
		this.server.then((exchange) -> {
			allWait.await();
			exchange.send(issued("t1", 3600));
		});
		List<Mono<String>> waiting = IntStream.range(0, 1000)
			.mapToObj((i) -> this.provider.getToken().cache())
			.toList();
		waiting.forEach(Mono::subscribe);
		await().until(() -> this.server.requests().size() == 1);
		allWait.countDown();
		assertThat(Flux.merge(waiting).collectList().block(TIMEOUT)).hasSize(1000).containsOnly("t1");
		assertThat(this.server.requests()).hasSize(1);
	}

	@Test
	void subscriberThatIsCancelledCancelsNobodyElse() {
		CountDownLatch cancelled = new CountDownLatch(1);
		this.server.then((exchange) -> {
			cancelled.await();
			exchange.send(issued("t1", 3600));
		});
		Disposable first = this.provider.getToken().subscribe();
		Mono<String> second = this.provider.getToken().cache();
		second.subscribe();
		await().until(() -> this.server.requests().size() == 1);
		first.dispose();
		cancelled.countDown();
		assertThat(second.block(TIMEOUT)).isEqualTo("t1");
		assertThat(this.server.requests()).hasSize(1);
	}

	@Test
	void requestGoesOnWhenAllSubscribersAreCancelledAndItsTokenIsKept() {
		CountDownLatch cancelled = new CountDownLatch(1);
		this.server.then((exchange) -> {
			cancelled.await();
			exchange.send(issued("t1", 3600));
		});
		Disposable only = this.provider.getToken().subscribe();
		await().until(() -> this.server.requests().size() == 1);
		only.dispose();
		cancelled.countDown();
		await().until(() -> this.provider.state().valid());
		assertThat(token()).isEqualTo("t1");
		assertThat(this.server.requests()).hasSize(1);
	}

	@ParameterizedTest
	@ValueSource(longs = { 5, 60, 3600, 86400 })
	void tokenInUseIsRenewedAheadInTheBackground(long lifetime) {
		this.server.thenAnswer(issued("t1", lifetime)).thenAnswer(issued("t2", lifetime));
		assertThat(token()).isEqualTo("t1");
		assertThat(token()).isEqualTo("t1");
		pass(Duration.ofMillis(lifetime * 790));
		assertThat(token()).isEqualTo("t1");
		assertThat(this.server.requests()).hasSize(1);
		pass(Duration.ofMillis(lifetime * 10));
		await().until(() -> "t2".equals(token()));
		assertThat(this.server.requests()).hasSize(2);
		assertThat(this.outcomes).containsExactly("success", "success");
	}

	@Test
	void noCallerWaitsForARenewal() {
		this.server.thenAnswer(issued("t1", 100)).then((exchange) -> {
			exchange.hang();
		});
		token();
		token();
		pass(Duration.ofSeconds(81));
		await().until(() -> this.server.requests().size() == 2);
		List<String> tokens = new ArrayList<>();
		for (int i = 0; i < 100; i++) {
			// Known at once: a Mono that has to wait would add nothing
			this.provider.getToken().subscribe(tokens::add);
		}
		assertThat(tokens).hasSize(100).containsOnly("t1");
		assertThat(this.server.requests()).hasSize(2);
	}

	@Test
	void tokenThatNobodyUsesIsNotRenewed() {
		this.server.thenAnswer(issued("t1", 100)).thenAnswer(issued("t2", 100));
		token();
		pass(Duration.ofHours(5));
		assertThat(this.server.requests()).hasSize(1);
		assertThat(token()).isEqualTo("t2");
		assertThat(this.server.requests()).hasSize(2);
	}

	@Test
	void tokenWithoutLifetimeIsUsedUntilItIsRejected() {
		this.server.thenAnswer(issued("t1", null)).thenAnswer(issued("t2", null));
		token();
		pass(Duration.ofDays(30));
		assertThat(token()).isEqualTo("t1");
		assertThat(this.provider.replaceToken("t1").block(TIMEOUT)).isEqualTo("t2");
	}

	@Test
	void renewalThatFailsIsNoErrorForCallersAndIsTriedAgain(CapturedOutput output) {
		this.server.thenAnswer(issued("t1", 1000)).thenStatus(503).thenStatus(503).thenAnswer(issued("t2", 1000));
		token();
		token();
		pass(Duration.ofSeconds(801));
		await().until(() -> this.outcomes.size() == 2);
		assertThat(token()).isEqualTo("t1");
		assertThat(this.provider.state().failure()).contains("503");
		assertThat(this.provider.state().valid()).isTrue();
		pass(Duration.ofSeconds(1));
		await().until(() -> this.outcomes.size() == 3);
		assertThat(token()).isEqualTo("t1");
		pass(Duration.ofSeconds(2));
		await().until(() -> "t2".equals(token()));
		assertThat(this.provider.state().failure()).isNull();
		assertThat(output).contains("could not be renewed and is used until it expires").contains("503");
	}

	@Test
	void tokenIsNotUsedShortlyBeforeItExpires() {
		this.server.thenAnswer(issued("t1", 10)).thenAnswer(issued("t2", 10));
		token();
		pass(Duration.ofMillis(9100));
		assertThat(token()).isEqualTo("t2");
	}

	@Test
	void clockThatJumpsAheadExpiresTheToken() {
		this.server.thenAnswer(issued("t1", 3600)).thenAnswer(issued("t2", 3600));
		token();
		this.clock.advance(Duration.ofHours(2));
		assertThat(token()).isEqualTo("t2");
	}

	@Test
	void clockThatIsSetBackDoesNotKeepTheTokenAlive() {
		this.server.thenAnswer(issued("t1", 3600)).thenAnswer(issued("t2", 3600));
		token();
		this.clock.advance(Duration.ofHours(-5));
		assertThat(token()).isEqualTo("t1");
		this.scheduler.advanceTimeBy(Duration.ofSeconds(2880));
		await().until(() -> "t2".equals(token()));
	}

	@Test
	void rejectedTokenIsReplacedOnceForAllWhoUsedIt() {
		this.server.thenAnswer(issued("t1", 3600)).thenAnswer(issued("t2", 3600)).thenAnswer(issued("t3", 3600));
		token();
		List<String> replacements = Flux.range(0, 50)
			.flatMap((i) -> this.provider.replaceToken("t1"), 50)
			.collectList()
			.block(TIMEOUT);
		assertThat(replacements).hasSize(50).containsOnly("t2");
		assertThat(this.server.requests()).hasSize(2);
		assertThat(this.provider.replaceToken("t1").block(TIMEOUT)).as("a newer one is left alone").isEqualTo("t2");
		assertThat(this.server.requests()).hasSize(2);
	}

	@Test
	void identityProviderWhoseTokensAreAllRejectedIsNotHammered() {
		for (int i = 0; i < 100; i++) {
			this.server.thenAnswer(issued("t" + i, 3600));
		}
		for (int i = 0; i < 100; i++) {
			String token = token();
			this.provider.replaceToken(token).block(TIMEOUT);
		}
		assertThat(this.server.requests()).as("one sign-in and one replacement").hasSize(2);
		pass(Duration.ofSeconds(3));
		assertThat(this.provider.replaceToken(token()).block(TIMEOUT)).isEqualTo("t2");
	}

	@ParameterizedTest
	@CsvSource({ "400,false", "401,false", "403,false", "404,false", "408,true", "429,true", "500,true", "503,true" })
	void failedSignInIsQuickForAllSaysWhyAndIsSpaced(int status, boolean temporary) {
		String body = "{\"error\":\"access_denied\",\"error_description\":\"Not you, " + SECRET + "\"}";
		for (int i = 0; i < 10; i++) {
			this.server.thenAnswer(ScriptedServer.response(status, body, "Content-Type: application/json"));
		}
		for (int i = 0; i < 100; i++) {
			TokenRequestException failure = failure();
			assertThat(failure.isTransient()).isEqualTo(temporary);
			assertThat(failure).hasMessageContaining(String.valueOf(status))
				.hasMessageContaining("access_denied: Not you, ***")
				.hasMessageContaining("/oauth/token");
			assertThat(failure.getMessage()).doesNotContain("canary");
		}
		assertThat(this.server.requests()).hasSize(1);
		pass(Duration.ofSeconds(1));
		failure();
		assertThat(this.server.requests()).hasSize(2);
		pass(Duration.ofMillis(150));
		failure();
		assertThat(this.server.requests()).as("the spacing grows").hasSize(2);
	}

	@Test
	void failureDoesNotPoisonTheNextAttempt() {
		this.server.thenStatus(401).thenAnswer(issued("t1", 3600));
		failure();
		pass(Duration.ofSeconds(2));
		assertThat(token()).isEqualTo("t1");
		assertThat(this.provider.state().failure()).isNull();
	}

	@Test
	void retryAfterOfTheTokenEndpointIsHonoured() {
		this.server.thenStatus(429, "Retry-After: 60").thenAnswer(issued("t1", 3600));
		assertThat(failure().getRetryAfter()).isEqualTo(Duration.ofSeconds(60));
		pass(Duration.ofSeconds(59));
		failure();
		assertThat(this.server.requests()).hasSize(1);
		pass(Duration.ofSeconds(1));
		assertThat(token()).isEqualTo("t1");
	}

	@Test
	void retryAfterOfDaysIsNotWaitedFor() {
		this.server.thenStatus(503, "Retry-After: 86400").thenAnswer(issued("t1", 3600));
		assertThat(failure().getRetryAfter()).isEqualTo(Duration.ofMinutes(5));
		pass(Duration.ofMinutes(5).minusSeconds(1));
		failure();
		assertThat(this.server.requests()).hasSize(1);
		pass(Duration.ofSeconds(1));
		assertThat(token()).isEqualTo("t1");
	}

}
