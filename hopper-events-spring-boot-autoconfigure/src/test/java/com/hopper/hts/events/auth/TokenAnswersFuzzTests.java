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
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Base64;

import com.hopper.hts.events.TokenRequestException;
import com.hopper.hts.events.auth.RotatingTokenProvider.AuthenticationMethod;
import com.hopper.hts.events.auth.RotatingTokenProvider.Credentials;
import com.hopper.hts.events.auth.RotatingTokenProvider.Grant;
import com.hopper.hts.events.testing.Fuzz;
import com.hopper.hts.events.testing.Hostile;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Provide;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

import org.springframework.core.io.buffer.DefaultDataBufferFactory;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatusCode;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.client.WebClient;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tries {@link TokenEndpoint} with hostile answers.
 */
class TokenAnswersFuzzTests {

	private static final Clock CLOCK = Clock.fixed(Instant.parse("2026-05-04T10:15:30Z"), ZoneOffset.UTC);

	private static final URI TOKEN_URI = URI.create("https://id.example/oauth/token");

	private static final String BASIC = Base64.getEncoder().encodeToString(("client:" + Hostile.SECRET).getBytes());

	@Provide
	Arbitrary<byte[]> answers() {
		return Hostile.documents(
				"{\"access_token\":\"t0ken.a-b_c~/=\",\"token_type\":\"Bearer\",\"expires_in\":3600,\"scope\":\"\"}",
				"{\"access_token\":\"t0ken\",\"expires_in\":\"86400\"}",
				"{\"error\":\"invalid_client\",\"error_description\":\"Client secret " + Hostile.SECRET
						+ " is wrong\"}",
				"{\"error\":\"Basic " + BASIC + "\",\"error_description\":\"Bearer t0ken.a-b_c\"}",
				"{\"errors\":[{\"message\":\"" + Hostile.SECRET + "\"}]}");
	}

	@Provide
	Arbitrary<Integer> statuses() {
		return Arbitraries.of(200, 200, 200, 201, 202, 204, 301, 400, 401, 403, 404, 429, 500, 503, 599);
	}

	@Provide
	Arbitrary<String> waits() {
		return Hostile.headers("1", "Fri, 31 Dec 9999 23:59:59 GMT");
	}

	@Fuzz
	void answerIsATokenThatCanBeSentOrARefusalWithoutSecrets(@ForAll("answers") byte[] body,
			@ForAll("statuses") int status, @ForAll("waits") String wait) {
		WebClient webClient = WebClient.builder()
			.exchangeFunction((request) -> Mono.just(ClientResponse.create(HttpStatusCode.valueOf(status))
				.header(HttpHeaders.RETRY_AFTER, wait)
				.body(Flux.just(DefaultDataBufferFactory.sharedInstance.wrap(body)))
				.build()))
			.build();
		TokenEndpoint endpoint = new TokenEndpoint(webClient,
				new Credentials(TOKEN_URI, "client", Hostile.SECRET,
						new Grant(null, null, AuthenticationMethod.CLIENT_SECRET_BASIC)),
				Duration.ofSeconds(30), CLOCK, Schedulers.parallel());
		try {
			AccessToken token = Hostile.call(() -> endpoint.requestToken().block());
			assertThat(status).isBetween(200, 201);
			assertThat(BearerTokenFilter.findProblem(token.value())).isNull();
			assertThat(token.toString()).doesNotContain(token.value());
			if (token.lifetime() != null) {
				assertThat(token.lifetime()).isBetween(Duration.ofSeconds(1), Duration.ofDays(3650));
			}
		}
		catch (TokenRequestException ex) {
			assertThat(ex.getMessage()).doesNotContain(Hostile.SECRET, BASIC)
				.hasSizeLessThan(600)
				.matches(Hostile::isOneLine);
			assertThat(ex).hasNoCause();
			if (ex.getRetryAfter() != null) {
				assertThat(ex.getRetryAfter()).isBetween(Duration.ZERO, Duration.ofDays(365));
			}
		}
	}

}
