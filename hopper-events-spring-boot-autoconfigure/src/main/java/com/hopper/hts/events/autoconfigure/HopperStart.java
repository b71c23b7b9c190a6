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
import java.time.Duration;
import java.util.function.Supplier;

import com.hopper.hts.events.auth.BearerTokenProvider;
import com.hopper.hts.events.auth.RotatingTokenProvider;
import com.hopper.hts.events.outbox.HopperDiagnosis;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;

import org.springframework.beans.factory.DisposableBean;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.context.SmartLifecycle;
import org.springframework.http.client.ReactorResourceFactory;
import org.springframework.util.function.SingletonSupplier;

/**
 * Says where events go when the application starts, refuses to start without credentials,
 * and signs in, so that wrong credentials show when the application is deployed and not
 * at the first booking. A training run for an AOT cache ends earlier, so it needs no
 * credentials. Closes the connections with the application, and lets it open others when
 * it is started again, before it signs in.
 */
class HopperStart implements SmartLifecycle, DisposableBean {

	private static final Log logger = LogFactory.getLog(HopperStart.class);

	private final boolean enabled;

	private final HopperAuthProperties.Preflight preflight;

	private final Duration timeout;

	private final ObjectProvider<HopperConnectionDetails> connectionDetails;

	private final ObjectProvider<HopperDiagnosis> diagnosis;

	private final Supplier<HopperHttpConnector> connector;

	private volatile @Nullable HopperHttpConnector usedConnector;

	private volatile @Nullable BearerTokenProvider tokenProvider;

	/**
	 * Signing in, in the background.
	 */
	private final Disposable.Swap signingIn = Disposables.swap();

	private volatile boolean running;

	HopperStart(boolean enabled, HopperAuthProperties.Preflight preflight, Duration timeout,
			ObjectProvider<HopperConnectionDetails> connectionDetails, ObjectProvider<HopperDiagnosis> diagnosis,
			Supplier<HopperHttpConnector> connector) {
		this.enabled = enabled;
		this.preflight = preflight;
		this.timeout = timeout;
		this.connectionDetails = connectionDetails;
		this.diagnosis = diagnosis;
		this.connector = SingletonSupplier.of(() -> {
			HopperHttpConnector created = connector.get();
			this.usedConnector = created;
			return created;
		});
	}

	/**
	 * Return the connections to Hopper.
	 */
	HopperHttpConnector connector() {
		return this.connector.get();
	}

	/**
	 * Remember the provider that the client was created with. Without that the
	 * application has a client of its own, and there is nothing to check.
	 */
	void use(BearerTokenProvider tokenProvider) {
		this.tokenProvider = tokenProvider;
	}

	/**
	 * Return the provider that the client signs in with.
	 */
	@Nullable BearerTokenProvider tokenProvider() {
		return this.tokenProvider;
	}

	@Override
	public void start() {
		this.running = true;
		HopperHttpConnector connector = this.usedConnector;
		if (connector != null) {
			connector.start();
		}
		BearerTokenProvider tokenProvider = this.tokenProvider;
		if (!this.enabled) {
			logger.info("Nothing is sent to Hopper because hopper.enabled is false");
		}
		else if (tokenProvider != null) {
			HopperConnectionDetails details = this.connectionDetails.getObject();
			if (tokenProvider instanceof RotatingTokenProvider) {
				requireCredentials(details);
			}
			URI baseUrl = details.getBaseUrl();
			logger.info("Events are sent to Hopper at " + ((baseUrl != null) ? baseUrl.getHost() : "no address"));
			signIn(tokenProvider);
		}
	}

	private static void requireCredentials(HopperConnectionDetails details) {
		try {
			HopperPropertiesValidator.validateCredentials(details);
		}
		catch (HopperConfigurationException ex) {
			if (details instanceof PropertiesHopperConnectionDetails) {
				throw ex;
			}
			// The application's bean may get its credentials later
			logger.warn("Events cannot be sent to Hopper at the moment: " + ex.getMessage());
		}
	}

	private void signIn(BearerTokenProvider tokenProvider) {
		if (tokenProvider instanceof RotatingTokenProvider provider && provider.isGiven()) {
			return;
		}
		Mono<String> token = Mono.defer(tokenProvider::getToken)
			.switchIfEmpty(Mono.error(() -> new IllegalStateException("the BearerTokenProvider gave no bearer token")));
		switch (this.preflight) {
			case OFF -> {
			}
			case WARN -> this.signingIn.update(
					token.subscribe((ignored) -> logger.debug("The application can sign in to Hopper"), (ex) -> logger
						.warn("The application cannot sign in to Hopper, so events cannot be sent: " + describe(ex))));
			case FAIL -> {
				try {
					token.block(this.timeout.plusSeconds(1));
				}
				catch (RuntimeException ex) {
					throw HopperConfigurationException.preflight(describe(ex), ex);
				}
			}
		}
	}

	private String describe(Throwable ex) {
		return this.diagnosis.getObject().describeSignIn(ex);
	}

	@Override
	public void stop() {
		this.running = false;
		destroy();
	}

	@Override
	public void destroy() {
		// Before the connections close, so that a sign-in which is cut off logs no
		// warning
		this.signingIn.update(Disposables.disposed());
		HopperHttpConnector connector = this.usedConnector;
		if (connector != null) {
			connector.stop();
		}
	}

	@Override
	public boolean isRunning() {
		return this.running;
	}

	@Override
	public boolean isPauseable() {
		return false;
	}

	/**
	 * Starts after the event loops of {@link ReactorResourceFactory} and before
	 * everything that uses the connections, and stops in the reverse order.
	 */
	@Override
	public int getPhase() {
		return 1;
	}

}
