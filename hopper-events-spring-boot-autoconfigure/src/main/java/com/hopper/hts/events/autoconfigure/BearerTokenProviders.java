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

import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;

import com.hopper.hts.events.auth.RotatingTokenProvider;
import com.hopper.hts.events.TokenRequestException;
import com.hopper.hts.events.observation.HopperMetrics;
import com.hopper.hts.events.time.SchedulerClock;
import org.jspecify.annotations.Nullable;
import io.micrometer.observation.ObservationRegistry;
import reactor.core.scheduler.Scheduler;

import org.springframework.util.Assert;
import org.springframework.util.StringUtils;
import org.springframework.web.reactive.function.client.WebClient;

/**
 * Creates the {@link RotatingTokenProvider} from connection details and
 * {@code hopper.auth.*}.
 */
final class BearerTokenProviders {

	private BearerTokenProviders() {
	}

	static RotatingTokenProvider create(HopperProperties properties, HopperAuthProperties auth,
			HopperConnectionDetails details, HopperHttpConnector connector, HopperMetrics metrics,
			ObservationRegistry observationRegistry, Scheduler scheduler) {
		RotatingTokenProvider provider = new RotatingTokenProvider(details::getToken,
				() -> Arrays.asList(details.getClientId(), details.getClientSecret(), details.getTokenUri(),
						details.getBaseUrl(), auth.getAudience(), auth.getScope(),
						auth.getClientAuthenticationMethod()),
				() -> credentials(auth, details), () -> webClient(auth, connector, observationRegistry),
				// Shorter than an attempt, so that the attempt fails with the reason and
				// not with a timeout
				properties.getClient().getResponseTimeout().multipliedBy(4).dividedBy(5),
				(failure) -> metrics.tokenRequested(
						(failure == null) ? "success" : (failure.isTransient() ? "transient_failure" : "refused")),
				scheduler);
		if (!provider.isGiven()) {
			Clock clock = SchedulerClock.of(scheduler);
			metrics.bindTokenExpiry(() -> secondsToExpiry(provider.state(), clock));
		}
		return provider;
	}

	/**
	 * Create a separate client for requesting tokens, so that headers and filters that
	 * are meant for the API do not reach the identity provider.
	 */
	private static WebClient webClient(HopperAuthProperties auth, HopperHttpConnector connector,
			ObservationRegistry observationRegistry) {
		return WebClient.builder()
			.clientConnector(connector.forSignIn())
			.defaultHeaders((headers) -> auth.getHeaders().forEach(headers::set))
			.observationRegistry(observationRegistry)
			.build();
	}

	private static RotatingTokenProvider.Credentials credentials(HopperAuthProperties auth,
			HopperConnectionDetails details) {
		try {
			HopperPropertiesValidator.validateCredentials(details);
		}
		catch (HopperConfigurationException ex) {
			throw new TokenRequestException(String.valueOf(ex.getMessage()), false, null, null);
		}
		String clientId = details.getClientId();
		String clientSecret = details.getClientSecret();
		Assert.state(clientId != null && clientSecret != null, "HopperConnectionDetails gave a token meanwhile");
		URI tokenUri = details.getTokenUri();
		if (tokenUri == null) {
			return new RotatingTokenProvider.Credentials(
					URI.create(EventPublisherConfigurations.Client.baseUrl(details) + "/auth"), clientId, clientSecret,
					null);
		}
		String audience = StringUtils.hasText(auth.getAudience()) ? auth.getAudience()
				: details.getBaseUrl().getScheme() + "://"
						+ details.getBaseUrl().getRawAuthority().replaceFirst(":\\d*$", "");
		String scope = StringUtils.hasText(auth.getScope()) ? auth.getScope() : null;
		return new RotatingTokenProvider.Credentials(tokenUri, clientId, clientSecret,
				new RotatingTokenProvider.Grant(audience, scope, auth.getClientAuthenticationMethod()));
	}

	private static double secondsToExpiry(RotatingTokenProvider.@Nullable State state, Clock clock) {
		if (state == null || !state.valid()) {
			return 0;
		}
		return (state.expiresAt() != null)
				? (double) Duration.between(clock.instant(), state.expiresAt()).toMillis() / 1000.0 : Double.NaN;
	}

}
