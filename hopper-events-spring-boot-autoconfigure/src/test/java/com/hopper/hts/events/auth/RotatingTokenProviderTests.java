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

import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

import com.hopper.hts.events.auth.RotatingTokenProvider.Credentials;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.test.scheduler.VirtualTimeScheduler;

import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.client.WebClient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Tests for {@link RotatingTokenProvider}, without a network.
 */
class RotatingTokenProviderTests {

	private static final URI TOKEN_URI = URI.create("https://user:s3cret@id.example/token");

	private final VirtualTimeScheduler scheduler = VirtualTimeScheduler.create();

	private final AtomicInteger requests = new AtomicInteger();

	private String given;

	private String clientId = "client-1";

	private final RotatingTokenProvider provider = new RotatingTokenProvider(() -> this.given,
			() -> List.of(this.clientId), () -> new Credentials(TOKEN_URI, this.clientId, "s3cret", null), this::client,
			Duration.ofSeconds(10), (failure) -> {
			}, this.scheduler);

	private WebClient client() {
		return WebClient.builder()
			.exchangeFunction((request) -> Mono.fromSupplier(() -> ClientResponse.create(HttpStatus.OK)
				.header("Content-Type", MediaType.APPLICATION_JSON_VALUE)
				.body("{\"access_token\":\"t" + this.requests.incrementAndGet() + "\",\"expires_in\":1000}")
				.build()))
			.build();
	}

	@Test
	void givenTokenIsTakenAndNobodySignsIn() {
		this.given = "given";
		assertThat(this.provider.isGiven()).isTrue();
		assertThat(token()).isEqualTo("given");
		assertThat(this.provider.replaceToken("given").block()).isNull();
		assertThat(this.provider.replaceToken("earlier").block()).isEqualTo("given");
		assertThat(this.provider.state()).isNull();
		assertThat(this.requests).hasValue(0);
	}

	@Test
	void signsInOnceForTheSameCredentials() {
		assertThat(this.provider.isGiven()).isFalse();
		assertThat(token()).isEqualTo("t1");
		assertThat(token()).isEqualTo("t1");
		assertThat(this.provider.state()).isNotNull();
		assertThat(this.provider.state().valid()).isTrue();
		assertThat(this.provider.replaceToken("t1").block()).isEqualTo("t2");
	}

	@Test
	void signsInAnewWhenCredentialsChangeAndRenewsNoTokenOfTheOldOnes() {
		token();
		token();
		this.clientId = "client-2";
		assertThat(token()).isEqualTo("t2");
		this.scheduler.advanceTimeBy(Duration.ofSeconds(899));
		// The one in use was used only when it was issued
		assertThat(this.requests).hasValue(2);
		token();
		assertThat(this.requests).hasValue(3);
	}

	@Test
	void providerThatIsDestroyedRenewsNothing() {
		this.provider.destroy();
		token();
		token();
		this.provider.destroy();
		this.scheduler.advanceTimeBy(Duration.ofSeconds(899));
		assertThat(this.requests).hasValue(1);
	}

	@Test
	void whatTheApiThinksOfTheTokenIsRemembered() {
		assertThat(this.provider.acceptedAt()).isNull();
		assertThat(this.provider.rejectedAt()).isNull();
		this.provider.answered("t1", true);
		Instant accepted = now();
		assertThat(this.provider.acceptedAt()).isEqualTo(accepted);
		assertThat(this.provider.rejectedAt()).isNull();
		this.scheduler.advanceTimeBy(Duration.ofSeconds(5));
		this.provider.answered("t1", false);
		Instant rejected = now();
		this.scheduler.advanceTimeBy(Duration.ofSeconds(5));
		this.provider.answered("t1", false);
		assertThat(this.provider.acceptedAt()).isEqualTo(accepted);
		assertThat(this.provider.rejectedAt()).isEqualTo(rejected);
		this.provider.answered("t1", true);
		assertThat(this.provider.acceptedAt()).isEqualTo(now());
		assertThat(this.provider.rejectedAt()).isNull();
	}

	@Test
	void lateAnswerToATokenThatWasReplacedSaysNothing() {
		token();
		assertThat(this.provider.replaceToken("t1").block()).isEqualTo("t2");
		this.provider.answered("t2", true);
		this.provider.answered("t1", false);
		assertThat(this.provider.acceptedAt()).isNotNull();
		assertThat(this.provider.rejectedAt()).isNull();
		this.given = "given";
		this.provider.answered("given", true);
		this.provider.answered("t2", false);
		assertThat(this.provider.rejectedAt()).isNull();
		this.provider.answered("given", false);
		assertThat(this.provider.rejectedAt()).isNotNull();
	}

	@Test
	void acceptedTokenIsNotedOnceASecond() {
		this.provider.answered("t1", true);
		Instant first = now();
		this.scheduler.advanceTimeBy(Duration.ofMillis(999));
		this.provider.answered("t1", true);
		assertThat(this.provider.acceptedAt()).isEqualTo(first);
		this.scheduler.advanceTimeBy(Duration.ofMillis(1));
		this.provider.answered("t1", true);
		assertThat(this.provider.acceptedAt()).isEqualTo(first.plusSeconds(1));
		this.scheduler.advanceTimeBy(Duration.ofMillis(1));
		this.provider.answered("t2", true);
		assertThat(this.provider.acceptedAt()).isEqualTo(first.plusMillis(1001));
	}

	@Test
	void whatWasThoughtOfOtherCredentialsSaysNothing() {
		this.provider.answered("t1", true);
		this.scheduler.advanceTimeBy(Duration.ofSeconds(5));
		this.provider.answered("t1", false);
		this.clientId = "client-2";
		assertThat(this.provider.acceptedAt()).isNull();
		assertThat(this.provider.rejectedAt()).isNull();
		this.scheduler.advanceTimeBy(Duration.ofSeconds(5));
		this.provider.answered("t2", false);
		assertThat(this.provider.acceptedAt()).isNull();
		assertThat(this.provider.rejectedAt()).isEqualTo(now());
		this.given = "given";
		assertThat(this.provider.rejectedAt()).isNull();
	}

	@Test
	void credentialsAreCompleteAndNotShown() {
		assertThat(new Credentials(TOKEN_URI, "client", "s3cret", null)).asString()
			.contains("client", "https://id.example/token")
			.doesNotContain("s3cret");
		assertThatIllegalArgumentException().isThrownBy(() -> new Credentials(null, "client", "s3cret", null));
		assertThatIllegalArgumentException().isThrownBy(() -> new Credentials(TOKEN_URI, "", "s3cret", null));
		assertThatIllegalArgumentException().isThrownBy(() -> new Credentials(TOKEN_URI, "client", " ", null));
	}

	private String token() {
		return this.provider.getToken().block(Duration.ofSeconds(60));
	}

	private Instant now() {
		return Instant.ofEpochMilli(this.scheduler.now(java.util.concurrent.TimeUnit.MILLISECONDS));
	}

}
