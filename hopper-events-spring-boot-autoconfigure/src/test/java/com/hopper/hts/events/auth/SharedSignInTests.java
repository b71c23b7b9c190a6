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
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

import com.hopper.hts.events.TokenRequestException;
import com.hopper.hts.events.auth.RotatingTokenProvider.Credentials;
import com.hopper.hts.events.testing.MutableClock;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.test.scheduler.VirtualTimeScheduler;

import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.client.WebClient;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link ClientCredentialsTokenProvider} of those who share a request for a
 * token, when things happen in an unusual order or fail in an unusual way.
 */
class SharedSignInTests {

	private final VirtualTimeScheduler time = VirtualTimeScheduler.create();

	private final List<Mono<ClientResponse>> answers = new ArrayList<>();

	private int requests;

	private Runnable look = () -> {
	};

	/**
	 * Tells when somebody looks at it.
	 */
	private final MutableClock clock = new MutableClock() {

		@Override
		public Instant instant() {
			SharedSignInTests.this.look.run();
			return super.instant();
		}

	};

	@AfterEach
	void close() {
		this.time.dispose();
	}

	@Test
	void errorOfAListenerHarmsNobodyWhoWaits() {
		Sinks.One<ClientResponse> answer = Sinks.one();
		this.answers.add(answer.asMono());
		ClientCredentialsTokenProvider provider = provider((failure) -> {
			throw new NoSuchMethodError("canary");
		});
		List<String> tokens = new ArrayList<>();
		provider.getToken().subscribe(tokens::add);
		provider.getToken().subscribe(tokens::add);
		answer.tryEmitValue(issued("t1"));
		assertThat(tokens).containsExactly("t1", "t1");
	}

	@Test
	void errorOfWhatObservesARequestIsItsFailure() {
		this.answers.add(Mono.fromRunnable(() -> {
			throw new NoSuchMethodError("canary");
		}));
		ClientCredentialsTokenProvider provider = provider((failure) -> {
		});
		List<Throwable> failures = new ArrayList<>();
		provider.getToken().subscribe((token) -> {
		}, failures::add);
		assertThat(failures).singleElement()
			.isInstanceOf(TokenRequestException.class)
			.asString()
			.contains("NoSuchMethodError");
		assertThat(provider.state().requesting()).isFalse();
	}

	@Test
	void tokenThatWasRenewedMeanwhileIsNotRenewedAgain() {
		ClientCredentialsTokenProvider provider = provider((failure) -> {
		});
		provider.getToken().subscribe();
		this.clock.advance(Duration.ofSeconds(850));
		this.look = () -> {
			// Another thread is faster
			this.look = () -> {
			};
			provider.getToken().subscribe();
		};
		provider.getToken().subscribe();
		assertThat(this.requests).isEqualTo(2);
	}

	@Test
	void failureSaysHowLongToWaitFromNowOn() {
		this.answers.add(Mono.fromSupplier(
				() -> ClientResponse.create(HttpStatus.TOO_MANY_REQUESTS).header("Retry-After", "60").build()));
		ClientCredentialsTokenProvider provider = provider((failure) -> {
		});
		List<Throwable> failures = new ArrayList<>();
		provider.getToken().subscribe((token) -> {
		}, failures::add);
		this.time.advanceTimeBy(Duration.ofSeconds(50));
		provider.getToken().subscribe((token) -> {
		}, failures::add);
		assertThat(failures).extracting((failure) -> ((TokenRequestException) failure).getRetryAfter())
			.containsExactly(Duration.ofSeconds(60), Duration.ofSeconds(10));
		assertThat(this.requests).isEqualTo(1);
	}

	private ClientCredentialsTokenProvider provider(Consumer<TokenRequestException> listener) {
		WebClient webClient = WebClient.builder().exchangeFunction((request) -> {
			this.requests++;
			return this.answers.isEmpty() ? Mono.fromSupplier(() -> issued("t" + this.requests))
					: this.answers.remove(0);
		}).build();
		return new ClientCredentialsTokenProvider(webClient,
				new Credentials(URI.create("https://id.example/token"), "client", "s3cret", null),
				Duration.ofSeconds(10), listener, this.time, this.clock, () -> 0);
	}

	private static ClientResponse issued(String token) {
		return ClientResponse.create(HttpStatus.OK)
			.header("Content-Type", MediaType.APPLICATION_JSON_VALUE)
			.body("{\"access_token\":\"" + token + "\",\"expires_in\":1000}")
			.build();
	}

}
