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
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

import com.hopper.hts.events.TokenRequestException;
import com.hopper.hts.events.auth.RotatingTokenProvider.AuthenticationMethod;
import com.hopper.hts.events.auth.RotatingTokenProvider.Credentials;
import com.hopper.hts.events.auth.RotatingTokenProvider.Grant;
import com.hopper.hts.events.testing.MutableClock;
import com.hopper.hts.events.testing.ScriptedServer;
import org.junit.jupiter.api.AfterEach;
import reactor.netty.http.client.HttpClient;
import reactor.test.scheduler.VirtualTimeScheduler;

import org.springframework.http.client.reactive.ReactorClientHttpConnector;
import org.springframework.web.reactive.function.client.WebClient;

import static org.assertj.core.api.Assertions.catchThrowableOfType;

/**
 * Signs in at a server that follows a script, with a time that tests turn.
 */
abstract class ClientCredentialsFixture {

	static final Duration TIMEOUT = Duration.ofSeconds(60);

	static final String SECRET = "canary s3cret&=+";

	final ScriptedServer server = new ScriptedServer();

	final MutableClock clock = new MutableClock();

	final VirtualTimeScheduler scheduler = VirtualTimeScheduler.create();

	double random;

	final List<String> outcomes = new CopyOnWriteArrayList<>();

	final URI tokenUri = URI.create(this.server.baseUrl().resolve("/oauth/token").toString());

	final ClientCredentialsTokenProvider provider = provider(new Credentials(this.tokenUri, "client", SECRET,
			new Grant("https://airlines-api.hopper.com", null, AuthenticationMethod.CLIENT_SECRET_POST)));

	@AfterEach
	void close() throws Exception {
		this.provider.close();
		this.scheduler.dispose();
		this.server.close();
	}

	ClientCredentialsTokenProvider provider(Credentials credentials) {
		WebClient webClient = WebClient.builder()
			.clientConnector(new ReactorClientHttpConnector(HttpClient.newConnection().disableRetry(true)))
			.build();
		return new ClientCredentialsTokenProvider(webClient, credentials, Duration.ofSeconds(10),
				(failure) -> this.outcomes.add((failure == null) ? "success" : failure.getMessage()), this.scheduler,
				this.clock, () -> this.random);
	}

	static String issued(String token, Object expiresIn) {
		return ScriptedServer.response(200,
				"{\"access_token\":\"" + token + "\",\"token_type\":\"Bearer\""
						+ ((expiresIn != null) ? ",\"expires_in\":" + expiresIn : "") + "}",
				"Content-Type: application/json");
	}

	String token() {
		return this.provider.getToken().block(TIMEOUT);
	}

	void pass(Duration duration) {
		this.clock.advance(duration);
		this.scheduler.advanceTimeBy(duration);
	}

	TokenRequestException failure() {
		return catchThrowableOfType(TokenRequestException.class, this::token);
	}

}
