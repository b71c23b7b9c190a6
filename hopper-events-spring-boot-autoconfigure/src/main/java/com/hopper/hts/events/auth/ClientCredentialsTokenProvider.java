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

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;

import com.hopper.hts.events.TokenRequestException;
import com.hopper.hts.events.time.SchedulerClock;
import io.micrometer.observation.contextpropagation.ObservationThreadLocalAccessor;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.util.context.Context;
import reactor.util.context.ContextView;

import org.springframework.util.Assert;
import org.springframework.web.reactive.function.client.WebClient;

/**
 * {@link BearerTokenProvider} that signs in with {@link ClientCredentials} and stays
 * signed in.
 * <ul>
 * <li>However many requests need a token, one request for it is in the air, and none of
 * those who wait for it can cancel it for the others.</li>
 * <li>A token that is in use is renewed in the background when a good part of its
 * lifetime is over, so that no request waits. If that fails, the old token is used until
 * it expires and the renewal is tried again.</li>
 * <li>A token that the API rejects is replaced at once.</li>
 * <li>While signing in fails, requests fail quickly with the reason, and attempts to sign
 * in are spaced.</li>
 * </ul>
 */
final class ClientCredentialsTokenProvider implements BearerTokenProvider, TokenHolder, AutoCloseable {

	private static final Log logger = LogFactory.getLog(ClientCredentialsTokenProvider.class);

	/**
	 * Part of its lifetime after which a token is renewed, of which up to {@link #JITTER}
	 * is taken off so that the instances of an application do not sign in together.
	 */
	private static final double RENEW_AFTER = 0.8;

	private static final double JITTER = 0.1;

	/**
	 * Part of its lifetime after which a token is not used any more, for it must still be
	 * valid when the request arrives; at the most {@link #MAX_EXPIRY_SKEW} before the
	 * end.
	 */
	private static final double EXPIRE_AFTER = 0.9;

	private static final Duration MAX_EXPIRY_SKEW = Duration.ofSeconds(30);

	private static final Duration MIN_SPACING = Duration.ofSeconds(1);

	private static final Duration MIN_TRANSIENT_SPACING = Duration.ofMillis(100);

	private static final Duration MAX_SPACING = Duration.ofMinutes(1);

	/**
	 * No longer than this, for events wait no longer than their own retries take, and
	 * must find a provider that has recovered.
	 */
	private static final Duration MAX_TRANSIENT_SPACING = Duration.ofSeconds(5);

	private final TokenEndpoint endpoint;

	private final Clock clock;

	private final Scheduler scheduler;

	private final DoubleSupplier random;

	private final Consumer<@Nullable TokenRequestException> listener;

	private final Object lock = new Object();

	private volatile @Nullable Held held;

	private Sinks.@Nullable One<String> flight;

	private @Nullable TokenRequestException failure;

	private @Nullable Instant failedAt;

	private int failures;

	private long noRequestBefore;

	private int rejections;

	private long noReplacementBefore;

	private @Nullable Disposable renewal;

	private boolean closed;

	private ClientCredentialsTokenProvider(Builder builder) {
		this.clock = (builder.clock != null) ? builder.clock : SchedulerClock.of(builder.scheduler);
		this.scheduler = builder.scheduler;
		this.random = builder.random;
		this.listener = builder.listener;
		this.endpoint = new TokenEndpoint(builder.webClient, builder.credentials, builder.timeout, this.clock,
				builder.scheduler);
		this.noRequestBefore = now();
		this.noReplacementBefore = now();
	}

	/**
	 * Create a builder.
	 * @param webClient the client for requesting tokens, which must not sign its requests
	 * @param credentials what to sign in with
	 * @return the builder
	 */
	static Builder builder(WebClient webClient, ClientCredentials credentials) {
		return new Builder(webClient, credentials);
	}

	@Override
	public Mono<String> getToken() {
		return Mono.deferContextual((caller) -> {
			Held held = usable();
			return (held != null) ? held.value : requestToken(false, caller);
		});
	}

	@Override
	public @Nullable String heldToken() {
		Held held = usable();
		return (held != null) ? held.token.value() : null;
	}

	private @Nullable Held usable() {
		Held held = this.held;
		if (held == null) {
			return null;
		}
		Duration age = age(held);
		if (held.isExpiredAt(age)) {
			return null;
		}
		held.used = true;
		if (held.isDueAt(age)) {
			requestToken(true, Context.empty());
		}
		return held;
	}

	@Override
	public Mono<String> replaceToken(String rejectedToken) {
		return Mono.defer(() -> {
			synchronized (this.lock) {
				Held held = this.held;
				if (held != null && held.token.value().equals(rejectedToken)) {
					if (now() - this.noReplacementBefore < 0) {
						// A new token was rejected too: yet another would not help
						return Mono.empty();
					}
					Duration age = age(held);
					this.rejections = (age.compareTo(MAX_SPACING) > 0) ? 1 : this.rejections + 1;
					this.noReplacementBefore = now() + spacing(MIN_SPACING, MAX_SPACING, this.rejections).toNanos();
					this.held = null;
					logger.debug(
							"The token was rejected " + age.toSeconds() + " s after it was issued; signing in again");
				}
			}
			return getToken().filter((token) -> !token.equals(rejectedToken));
		});
	}

	/**
	 * Return how things stand.
	 * @return the state, without the token
	 */
	RotatingTokenProvider.State state() {
		synchronized (this.lock) {
			Held held = this.held;
			boolean valid = held != null && !held.isExpiredAt(age(held));
			Instant expiresAt = (held != null && held.token.lifetime() != null)
					? held.issuedAt.plus(held.token.lifetime()) : null;
			return new RotatingTokenProvider.State(valid, valid ? expiresAt : null, this.failedAt,
					(this.failure != null) ? this.failure.getMessage() : null, this.flight != null);
		}
	}

	/**
	 * Stop renewing the token.
	 */
	@Override
	public void close() {
		synchronized (this.lock) {
			this.closed = true;
			if (this.renewal != null) {
				this.renewal.dispose();
			}
		}
	}

	/**
	 * Request a token, or join the request that is in the air.
	 * @param renewal whether there is a valid token, so that nobody waits
	 * @param caller the context of who waits, whose observation is the request's parent
	 * @return the token
	 */
	private Mono<String> requestToken(boolean renewal, ContextView caller) {
		Sinks.One<String> sink;
		synchronized (this.lock) {
			Held held = this.held;
			if (!renewal && held != null && !held.isExpiredAt(age(held))) {
				return held.value;
			}
			if (this.flight != null) {
				return this.flight.asMono();
			}
			if (this.failure != null && now() - this.noRequestBefore < 0) {
				return Mono.error(this.failure);
			}
			sink = Sinks.one();
			this.flight = sink;
		}
		// On its own, so that it outlives those who wait for it
		Object parent = caller.getOrDefault(ObservationThreadLocalAccessor.KEY, null);
		this.endpoint.requestToken()
			.contextWrite((parent != null) ? Context.of(ObservationThreadLocalAccessor.KEY, parent) : Context.empty())
			.subscribe((token) -> succeed(token, sink), (ex) -> fail(ex, sink));
		return sink.asMono();
	}

	private void succeed(AccessToken token, Sinks.One<String> sink) {
		synchronized (this.lock) {
			Held held = new Held(token, this.clock.instant(), now(), RENEW_AFTER - JITTER * this.random.getAsDouble());
			this.held = held;
			this.flight = null;
			this.failure = null;
			this.failedAt = null;
			this.failures = 0;
			Duration renewAfter = held.renewAfter;
			if (renewAfter != null) {
				schedule(held, renewAfter);
			}
		}
		logger.debug("Signed in to Hopper; the token is valid for " + token.lifetime());
		notifyListener(null);
		sink.tryEmitValue(token.value());
	}

	private void fail(Throwable ex, Sinks.One<String> sink) {
		TokenRequestException failure = (ex instanceof TokenRequestException exception) ? exception
				: new TokenRequestException("the request for a token failed (" + ex.getClass().getSimpleName() + ")",
						false, null, ex);
		boolean valid;
		synchronized (this.lock) {
			Held held = this.held;
			valid = held != null && !held.isExpiredAt(age(held));
			this.failures++;
			this.failure = failure;
			this.failedAt = this.clock.instant();
			this.flight = null;
			Duration spacing = (valid || !failure.isTransient()) ? spacing(MIN_SPACING, MAX_SPACING, this.failures)
					: spacing(MIN_TRANSIENT_SPACING, MAX_TRANSIENT_SPACING, this.failures);
			if (failure.getRetryAfter() != null && failure.getRetryAfter().compareTo(spacing) > 0) {
				spacing = failure.getRetryAfter();
			}
			this.noRequestBefore = now() + spacing.toNanos();
			if (held != null && valid) {
				schedule(held, spacing);
			}
		}
		if (valid) {
			// Nobody else hears of it
			logger.warn(
					"The token for Hopper could not be renewed and is used until it expires: " + failure.getMessage());
		}
		else {
			logger.debug("Signing in to Hopper failed: " + failure.getMessage());
		}
		notifyListener(failure);
		sink.tryEmitError(failure);
	}

	private void notifyListener(@Nullable TokenRequestException failure) {
		try {
			this.listener.accept(failure);
		}
		catch (RuntimeException ex) {
			logger.debug("A listener failed", ex);
		}
	}

	private void schedule(Held held, Duration delay) {
		if (this.renewal != null) {
			this.renewal.dispose();
		}
		if (!this.closed) {
			this.renewal = this.scheduler.schedule(() -> renewIfUsed(held), delay.toNanos(), TimeUnit.NANOSECONDS);
		}
	}

	/**
	 * Renew a token ahead of its expiry if anybody has used it: identity providers meter
	 * tokens, so an idle application lets its token expire.
	 */
	private void renewIfUsed(Held held) {
		if (this.held == held && held.used && !held.isExpiredAt(age(held))) {
			requestToken(true, Context.empty());
		}
	}

	private Duration spacing(Duration minimum, Duration maximum, int failures) {
		double factor = Math.pow(2, Math.min(failures - 1, 20)) * (1 + JITTER * this.random.getAsDouble());
		double millis = Math.min((double) minimum.toMillis() * factor, (double) maximum.toMillis());
		return Duration.ofMillis((long) millis);
	}

	/**
	 * Return how old a token is, by whichever clock says more: the wall clock may be set
	 * back, and the monotonic one stands still while a machine is suspended.
	 */
	private Duration age(Held held) {
		Duration wall = Duration.between(held.issuedAt, this.clock.instant());
		Duration monotonic = Duration.ofNanos(now() - held.issuedNanos);
		return (wall.compareTo(monotonic) > 0) ? wall : monotonic;
	}

	private long now() {
		return SchedulerClock.nanoTime(this.scheduler);
	}

	/**
	 * A token at hand.
	 */
	private static final class Held {

		private final AccessToken token;

		private final Mono<String> value;

		private final Instant issuedAt;

		private final long issuedNanos;

		private final @Nullable Duration renewAfter;

		private final @Nullable Duration expireAfter;

		private volatile boolean used;

		Held(AccessToken token, Instant issuedAt, long issuedNanos, double renewalPoint) {
			this.token = token;
			this.value = Mono.just(token.value());
			this.issuedAt = issuedAt;
			this.issuedNanos = issuedNanos;
			Duration lifetime = token.lifetime();
			this.renewAfter = (lifetime != null) ? part(lifetime, renewalPoint) : null;
			this.expireAfter = (lifetime != null) ? later(part(lifetime, EXPIRE_AFTER), lifetime.minus(MAX_EXPIRY_SKEW))
					: null;
		}

		private static Duration part(Duration lifetime, double part) {
			return Duration.ofMillis((long) ((double) lifetime.toMillis() * part));
		}

		private static Duration later(Duration first, Duration second) {
			return (first.compareTo(second) > 0) ? first : second;
		}

		boolean isDueAt(Duration age) {
			return this.renewAfter != null && age.compareTo(this.renewAfter) >= 0;
		}

		boolean isExpiredAt(Duration age) {
			return this.expireAfter != null && age.compareTo(this.expireAfter) >= 0;
		}

	}

	/**
	 * Builder of {@link ClientCredentialsTokenProvider}.
	 */
	static final class Builder {

		private final WebClient webClient;

		private final ClientCredentials credentials;

		private Duration timeout = Duration.ofSeconds(10);

		private Consumer<@Nullable TokenRequestException> listener = (failure) -> {
		};

		private @Nullable Clock clock;

		private Scheduler scheduler = Schedulers.parallel();

		private DoubleSupplier random = () -> ThreadLocalRandom.current().nextDouble();

		private Builder(WebClient webClient, ClientCredentials credentials) {
			Assert.notNull(webClient, "'webClient' must not be null");
			Assert.notNull(credentials, "'credentials' must not be null");
			this.webClient = webClient;
			this.credentials = credentials;
		}

		/**
		 * Set the time for one request for a token.
		 * @param timeout the timeout, ten seconds by default
		 * @return this builder
		 */
		Builder timeout(Duration timeout) {
			this.timeout = timeout;
			return this;
		}

		/**
		 * Set who hears of each request for a token: {@code null} if it succeeded, or the
		 * failure. Must not block.
		 * @param listener the listener
		 * @return this builder
		 */
		Builder onRequest(Consumer<@Nullable TokenRequestException> listener) {
			this.listener = listener;
			return this;
		}

		/**
		 * Set a wall clock apart from the scheduler's, which may be set back and stand
		 * still.
		 */
		Builder clock(Clock clock) {
			this.clock = clock;
			return this;
		}

		/**
		 * Set what waits and says what time it is. It is for tests, which turn the time
		 * of a scheduler of their own.
		 * @param scheduler the scheduler, {@link Schedulers#parallel()} and the time of
		 * the system by default
		 * @return this builder
		 */
		Builder scheduler(Scheduler scheduler) {
			Assert.notNull(scheduler, "'scheduler' must not be null");
			this.scheduler = scheduler;
			return this;
		}

		Builder random(DoubleSupplier random) {
			this.random = random;
			return this;
		}

		/**
		 * Build the provider.
		 * @return the provider
		 */
		ClientCredentialsTokenProvider build() {
			return new ClientCredentialsTokenProvider(this);
		}

	}

}
