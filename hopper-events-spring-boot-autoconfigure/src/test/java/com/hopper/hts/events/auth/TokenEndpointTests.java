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
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

import com.hopper.hts.events.TokenRequestException;
import com.hopper.hts.events.auth.RotatingTokenProvider.AuthenticationMethod;
import com.hopper.hts.events.auth.RotatingTokenProvider.Credentials;
import com.hopper.hts.events.auth.RotatingTokenProvider.Grant;
import com.hopper.hts.events.testing.ScriptedServer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import reactor.core.Disposable;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * Tests for {@link TokenEndpoint}: what is sent to it, and which answers it may give.
 */
@Tag("compatibility")
class TokenEndpointTests extends ClientCredentialsFixture {

	@Test
	void signsInAtAnIdentityProviderWithAForm() {
		this.server.thenAnswer(issued("t1", 3600));
		assertThat(token()).isEqualTo("t1");
		assertThat(this.server.requests()).singleElement().satisfies((request) -> {
			assertThat(request.requestLine()).isEqualTo("POST /oauth/token HTTP/1.1");
			assertThat(request.header("Content-Type")).isEqualTo("application/x-www-form-urlencoded");
			assertThat(request.header("Accept")).isEqualTo("application/json");
			assertThat(request.header("Authorization")).isNull();
			assertThat(request.text()).isEqualTo("grant_type=client_credentials&client_id=client"
					+ "&client_secret=canary+s3cret%26%3D%2B&audience=https%3A%2F%2Fairlines-api.hopper.com");
		});
	}

	@Test
	void signsInAtAnIdentityProviderWithBasicAuthenticationAndScope() {
		this.server.thenAnswer(issued("t1", 3600));
		ClientCredentialsTokenProvider basic = provider(new Credentials(this.tokenUri, "client", SECRET,
				new Grant(null, "events", AuthenticationMethod.CLIENT_SECRET_BASIC)));
		assertThat(basic.getToken().block(TIMEOUT)).isEqualTo("t1");
		assertThat(this.server.requests()).singleElement().satisfies((request) -> {
			assertThat(request.text()).isEqualTo("grant_type=client_credentials&scope=events");
			assertThat(request.header("Authorization")).isEqualTo("Basic " + Base64.getEncoder()
				.encodeToString("client:canary+s3cret%26%3D%2B".getBytes(StandardCharsets.UTF_8)));
		});
	}

	@Test
	void signsInAtHopperWithJson() {
		this.server.thenAnswer(ScriptedServer.response(201,
				"{\"access_token\":\"t1\",\"scope\":\"\",\"expires_in\":86400,\"token_type\":\"Bearer\"}"));
		ClientCredentialsTokenProvider hopper = provider(
				new Credentials(URI.create(this.server.baseUrl() + "/auth"), "client", SECRET, null));
		assertThat(hopper.getToken().block(TIMEOUT)).isEqualTo("t1");
		assertThat(this.server.requests()).singleElement().satisfies((request) -> {
			assertThat(request.requestLine()).isEqualTo("POST /airline/v1.1/auth HTTP/1.1");
			assertThat(request.header("Content-Type")).isEqualTo("application/json");
			assertThat(request.text()).isEqualTo("{\"client_id\":\"client\",\"client_secret\":\"" + SECRET + "\"}");
		});
	}

	@Test
	void answerMayBeginWithAByteOrderMark() {
		this.server
			.thenAnswer(ScriptedServer.response(200, "\uFEFF{\"access_token\":\"t1\",\"token_type\":\"Bearer\"}"));
		assertThat(this.provider.getToken().block(TIMEOUT)).isEqualTo("t1");
	}

	@Test
	void silenceOfTheTokenEndpointEndsWithATimeoutForAll() {
		this.server.then(ScriptedServer.Exchange::hang);
		List<Throwable> failures = new CopyOnWriteArrayList<>();
		Disposable gone = this.provider.getToken().subscribe();
		this.provider.getToken().subscribe((token) -> {
		}, failures::add);
		await().until(() -> this.server.requests().size() == 1);
		gone.dispose();
		pass(Duration.ofSeconds(11));
		await().until(() -> failures.size() == 1);
		assertThat(failures.get(0)).isInstanceOf(TokenRequestException.class)
			.hasMessageContaining("in time")
			.satisfies((failure) -> assertThat(((TokenRequestException) failure).isTransient()).isTrue());
	}

	@Test
	void lostConnectionMayPass() {
		this.server.then(ScriptedServer.Exchange::reset);
		TokenRequestException failure = failure();
		assertThat(failure.isTransient()).isTrue();
		for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
			assertThat(cause.getClass().getName()).doesNotStartWith("org.springframework.web.reactive");
		}
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
			<html>Please log in</html>                      | is not a JSON object
			[]                                              | is not a JSON object
			``                                              | is not a JSON object
			{"token_type":"Bearer"}                         | 'access_token' that must not be empty
			{"access_token":""}                             | 'access_token' that must not be empty
			{"access_token":"a b"}                          | 'access_token' that must consist of visible
			{"access_token":"a","token_type":"mac"}         | 'token_type' that is not Bearer
			{"access_token":"a","expires_in":0}             | 'expires_in' that is not a positive number
			{"access_token":"a","expires_in":-1}            | 'expires_in' that is not a positive number
			{"access_token":"a","expires_in":"soon"}        | 'expires_in' that is not a positive number
			""")
	void malformedAnswerIsAFailure(String body, String message) {
		this.server.thenAnswer(ScriptedServer.response(200, body));
		assertThat(failure()).hasMessageContaining(message);
	}

	@Test
	void lifetimeAsTextIsUnderstood() {
		this.server.thenAnswer(issued("t1", "\"10\"")).thenAnswer(issued("t2", 10));
		assertThat(token()).isEqualTo("t1");
		pass(Duration.ofSeconds(10));
		assertThat(token()).isEqualTo("t2");
	}

	@Test
	void hugeAnswerIsNotReadToItsEnd() {
		this.server.then((exchange) -> {
			exchange.send("HTTP/1.1 200 OK\r\nContent-Length: 10485760\r\n\r\n");
			for (int i = 0; i < 10; i++) {
				exchange.send("x".repeat(1024 * 1024));
			}
		});
		assertThat(failure()).hasMessageContaining("is not a JSON object");
	}

	@Test
	void nothingShowsASecret() {
		this.server.thenAnswer(issued("canary-token", 3600));
		token();
		assertThat(String.valueOf(this.provider) + this.provider.state()
				+ new Credentials(URI.create("http://a"), "id", SECRET, null) + new AccessToken("canary-token", null))
			.doesNotContain("canary");
		assertThatExceptionOfType(IllegalArgumentException.class)
			.isThrownBy(() -> new Credentials(URI.create("http://a"), "id", " ", null))
			.withMessageContaining("'clientSecret'");
	}

}
