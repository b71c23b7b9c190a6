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
import java.time.Instant;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for when {@link ClientCredentialsTokenProvider} uses a token, and for what it
 * says about it.
 */
class TokenLifetimeTests extends ClientCredentialsFixture {

	@Test
	void tokenIsNotUsedAnyMoreFromTheMomentOn() {
		this.server.thenAnswer(issued("t1", 10)).thenAnswer(issued("t2", 10));
		token();
		this.clock.advance(Duration.ofSeconds(9));
		assertThat(token()).isEqualTo("t2");
	}

	@Test
	void tokenOfLongLifeIsUsedUntilHalfAMinuteBeforeItsEnd() {
		this.server.thenAnswer(issued("t1", 3600)).then((exchange) -> exchange.hang());
		token();
		this.clock.advance(Duration.ofSeconds(3570).minusMillis(1));
		assertThat(token()).isEqualTo("t1");
		this.clock.advance(Duration.ofMillis(1));
		assertThat(this.provider.state().valid()).isFalse();
	}

	@Test
	void tokensOfSeveralInstancesAreRenewedAtDifferentTimes() {
		this.random = 1;
		this.server.thenAnswer(issued("t1", 1000)).thenAnswer(issued("t2", 1000));
		token();
		token();
		pass(Duration.ofMillis(699_999));
		assertThat(this.provider.state().requesting()).isFalse();
		assertThat(this.server.requests()).hasSize(1);
		pass(Duration.ofMillis(1));
		await().until(() -> "t2".equals(token()));
	}

	@Test
	void failedSignInsOfSeveralInstancesAreRepeatedAtDifferentTimes() {
		this.random = 1;
		this.server.thenStatus(401).thenStatus(401).thenAnswer(issued("t1", 3600));
		failure();
		pass(Duration.ofMillis(1099));
		failure();
		assertThat(this.server.requests()).hasSize(1);
		pass(Duration.ofMillis(1));
		failure();
		assertThat(this.server.requests()).hasSize(2);
		pass(Duration.ofMillis(2199));
		failure();
		assertThat(this.server.requests()).hasSize(2);
		pass(Duration.ofMillis(1));
		assertThat(token()).isEqualTo("t1");
	}

	@Test
	void stateTellsUntilWhenTheTokenIsValid() {
		Instant issuedAt = this.clock.instant();
		this.server.thenAnswer(issued("t1", 100)).then((exchange) -> exchange.hang());
		assertThat(this.provider.state())
			.isEqualTo(new RotatingTokenProvider.State(false, null, null, null, null, false));
		token();
		assertThat(this.provider.state())
			.isEqualTo(new RotatingTokenProvider.State(true, issuedAt.plusSeconds(100), issuedAt, null, null, false));
		this.clock.advance(Duration.ofSeconds(100));
		assertThat(this.provider.state())
			.isEqualTo(new RotatingTokenProvider.State(false, null, issuedAt, null, null, false));
	}

	@Test
	void stateKnowsNoEndOfATokenWithoutLifetime() {
		this.server.thenAnswer(issued("t1", null));
		token();
		assertThat(this.provider.state())
			.isEqualTo(new RotatingTokenProvider.State(true, null, this.clock.instant(), null, null, false));
	}

}
