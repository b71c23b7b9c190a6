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

import com.hopper.hts.events.testing.ScriptedServer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for how {@link ClientCredentialsTokenProvider} spaces its requests for a token
 * when tokens are rejected and when signing in fails.
 */
class TokenReplacementTests extends ClientCredentialsFixture {

	@Test
	void tokenThatSomebodyElseHasReplacedIsTakenWithoutARequest() {
		issue(2);
		assertThat(token()).isEqualTo("t1");
		assertThat(replace("t1")).isEqualTo("t2");
		assertThat(replace("t1")).isEqualTo("t2");
		assertThat(this.server.requests()).hasSize(2);
	}

	@Test
	void tokenThatIsIssuedAgainIsNoReplacement() {
		this.server.thenAnswer(issued("t1", 3600)).thenAnswer(issued("t1", 3600));
		assertThat(token()).isEqualTo("t1");
		assertThat(replace("t1")).isNull();
		assertThat(this.server.requests()).hasSize(2);
	}

	@Test
	void replacementsAreSpacedFurtherAndFurtherWhileNewTokensAreRejected() {
		issue(7);
		assertThat(token()).isEqualTo("t1");
		assertThat(replace("t1")).isEqualTo("t2");
		assertThat(replace("t2")).isNull();
		pass(Duration.ofMillis(999));
		assertThat(replace("t2")).isNull();
		pass(Duration.ofMillis(1));
		assertThat(replace("t2")).isEqualTo("t3");
		// Not old enough to begin anew
		pass(Duration.ofMinutes(1));
		assertThat(replace("t3")).isEqualTo("t4");
		pass(Duration.ofMillis(3999));
		assertThat(replace("t4")).isNull();
		pass(Duration.ofMillis(1));
		assertThat(replace("t4")).isEqualTo("t5");
		pass(Duration.ofMinutes(1).plusMillis(1));
		assertThat(replace("t5")).isEqualTo("t6");
		pass(Duration.ofSeconds(1));
		assertThat(replace("t6")).isEqualTo("t7");
	}

	@ParameterizedTest
	@CsvSource({ "503, 100", "401, 1000" })
	void signInThatFailsIsTriedAgainSoonerIfItMayPass(int status, int millis) {
		this.server.thenAnswer(ScriptedServer.response(status, "")).thenAnswer(issued("t1", 3600));
		assertThat(failure()).isNotNull();
		pass(Duration.ofMillis(millis - 1));
		assertThat(failure()).isNotNull();
		assertThat(this.server.requests()).hasSize(1);
		pass(Duration.ofMillis(1));
		assertThat(token()).isEqualTo("t1");
	}

	@Test
	void renewalThatFailsIsTriedAgainAfterASecond() {
		this.server.thenAnswer(issued("t1", 1000))
			.thenAnswer(ScriptedServer.response(503, ""))
			.thenAnswer(issued("t2", 1000));
		token();
		token();
		pass(Duration.ofSeconds(800));
		awaitAnswer(2);
		assertThat(this.provider.state().failure()).isNotNull();
		pass(Duration.ofMillis(999));
		assertThat(this.provider.state().requesting()).isFalse();
		pass(Duration.ofMillis(1));
		awaitAnswer(3);
		assertThat(token()).isEqualTo("t2");
	}

	@Test
	void providerThatIsClosedRenewsNothing() {
		issue(2);
		token();
		token();
		this.provider.close();
		pass(Duration.ofSeconds(2890));
		assertThat(this.provider.state().requesting()).isFalse();
		assertThat(this.server.requests()).hasSize(1);
	}

	private void awaitAnswer(int requests) {
		await().until(() -> this.outcomes.size() == requests);
	}

	private void issue(int tokens) {
		for (int i = 1; i <= tokens; i++) {
			this.server.thenAnswer(issued("t" + i, 3600));
		}
	}

	private String replace(String rejected) {
		return this.provider.replaceToken(rejected).block(TIMEOUT);
	}

}
