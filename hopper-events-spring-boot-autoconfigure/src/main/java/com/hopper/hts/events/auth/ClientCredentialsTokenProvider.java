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
import reactor.core.Disposables;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.util.context.Context;
import reactor.util.context.ContextView;

import org.springframework.web.reactive.function.client.WebClient;

/**
 * {@link BearerTokenProvider} that signs in with client credentials and stays signed in.
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
final class ClientCredentialsTokenProvider implements BearerTokenProvider {

	private static final Log logger = LogFactory.getLog(ClientCredentialsTokenProvider.class);

	/**
	 * Part of its lifetime after which a token is renewed, of which up to {@link #JITTER}
	 * is taken off so that the instances of an application do not sign in together.
	 */
	private static final double RENEW_AFTER = 0.8;

	private static final double JITTER = 0.1;

	/**
	 * Part of its lifetime after which a token is no longer used, because it must still
	 * be valid when the request arrives; at the most {@link #MAX_EXPIRY_SKEW} before the
	 * end.
	 */
	private static final double EXPIRE_AFTER = 0.9;

	private static final Duration MAX_EXPIRY_SKEW = Duration.ofSeconds(30);

	private static final Duration MIN_SPACING = Duration.ofSeconds(1);

	private static final Duration MIN_TRANSIENT_SPACING = Duration.ofMillis(100);

	private static final Duration MAX_SPACING = Duration.ofMinutes(1);

	/**
	 * Events wait no longer than their own retries take, and must find a provider that
	 * has recovered.
	 */
	private static final Duration MAX_TRANSIENT_SPACING = Duration.ofSeconds(5);

	private final TokenEndpoint endpoint;

	private final Consumer<@Nullable TokenRequestException> listener;

	private final Scheduler scheduler;

	private final Clock clock;

	private final DoubleSupplier random;

	private final Object lock = new Object();

	private volatile @Nullable Held held;

	/**
	 * The request in flight.
	 */
	private @Nullable Mono<String> request;

	private @Nullable TokenRequestException failure;

	private @Nullable Instant failedAt;

	private @Nullable Instant succeededAt;

	private int failures;

	private long noRequestBefore;

	private int rejections;

	private long noReplacementBefore;

	private final Disposable.Swap renewal = Disposables.swap();

	ClientCredentialsTokenProvider(WebClient webClient, RotatingTokenProvider.Credentials credentials, Duration timeout,
			Consumer<@Nullable TokenRequestException> listener, Scheduler scheduler) {
		this(webClient, credentials, timeout, listener, scheduler, SchedulerClock.of(scheduler),
				() -> ThreadLocalRandom.current().nextDouble());
	}

	ClientCredentialsTokenProvider(WebClient webClient, RotatingTokenProvider.Credentials credentials, Duration timeout,
			Consumer<@Nullable TokenRequestException> listener, Scheduler scheduler, Clock clock,
			DoubleSupplier random) {
		this.endpoint = new TokenEndpoint(webClient, credentials, timeout, clock, scheduler);
		this.listener = listener;
		this.scheduler = scheduler;
		this.clock = clock;
		this.random = random;
		this.noReplacementBefore = now();
	}

	@Override
	public Mono<String> getToken() {
		return Mono.deferContextual((caller) -> {
			Held held = usable();
			if (held == null) {
				return requestToken(null, caller);
			}
			held.used = true;
			if (held.isOlderThan(held.renewAfter)) {
				requestToken(held, Context.empty());
			}
			return held.value;
		});
	}

	@Override
	public Mono<String> replaceToken(String rejectedToken) {
		return Mono.defer(() -> {
			synchronized (this.lock) {
				Held held = this.held;
				if (held != null && held.token.value().equals(rejectedToken)) {
					if (now() - this.noReplacementBefore < 0) {
						// The API rejected a new token as well, so another one would not
						// help
						return Mono.empty();
					}
					Duration age = held.age();
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
	 * Return whether another token than this one is in use.
	 */
	boolean hasReplaced(String token) {
		Held held = this.held;
		return held != null && !held.token.value().equals(token);
	}

	RotatingTokenProvider.State state() {
		synchronized (this.lock) {
			Held held = usable();
			Duration lifetime = (held != null) ? held.token.lifetime() : null;
			return new RotatingTokenProvider.State(held != null,
					(held != null && lifetime != null) ? held.issuedAt.plus(lifetime) : null, this.succeededAt,
					this.failedAt, (this.failure != null) ? this.failure.getMessage() : null, this.request != null);
		}
	}

	/**
	 * Stop renewing the token.
	 */
	void close() {
		this.renewal.dispose();
	}

	private @Nullable Held usable() {
		Held held = this.held;
		return (held != null && !held.isOlderThan(held.expireAfter)) ? held : null;
	}

	/**
	 * Request a token, or join the request in flight.
	 * @param renewed the valid token to be replaced, so that nobody waits, or
	 * {@code null}
	 * @param caller the context of who waits, whose observation is the request's parent
	 */
	private Mono<String> requestToken(@Nullable Held renewed, ContextView caller) {
		Mono<String> request;
		synchronized (this.lock) {
			Held held = usable();
			if (held != null && held != renewed) {
				return held.value;
			}
			if (this.request != null) {
				return this.request;
			}
			TokenRequestException failure = this.failure;
			long wait = this.noRequestBefore - now();
			if (failure != null && wait > 0) {
				// The failure has the wait as it was when the request failed; part of it
				// is over
				return Mono.error((failure.getRetryAfter() == null) ? failure
						: new TokenRequestException(String.valueOf(failure.getMessage()), failure.isTransient(),
								Duration.ofNanos(wait), failure.getCause()));
			}
			Object parent = caller.getOrDefault(ObservationThreadLocalAccessor.KEY, null);
			request = this.endpoint.requestToken()
				.doOnNext(this::succeed)
				.doOnError(TokenRequestException.class, this::fail)
				.map(AccessToken::value)
				.contextWrite((context) -> (parent != null) ? context.put(ObservationThreadLocalAccessor.KEY, parent)
						: context)
				.cache();
			this.request = request;
		}
		// Subscribed here, so that the request goes on when those who wait for it cancel
		request.subscribe((token) -> {
		}, (failure) -> {
		});
		return request;
	}

	private void succeed(AccessToken token) {
		synchronized (this.lock) {
			Held held = new Held(token);
			this.held = held;
			this.request = null;
			this.failure = null;
			this.failedAt = null;
			this.succeededAt = held.issuedAt;
			this.failures = 0;
			if (held.renewAfter != null) {
				schedule(held, held.renewAfter);
			}
		}
		logger.debug("Signed in to Hopper; the token is valid for " + token.lifetime());
		notifyListener(null);
	}

	private void fail(TokenRequestException failure) {
		Held held;
		synchronized (this.lock) {
			held = usable();
			this.failures++;
			this.failure = failure;
			this.failedAt = this.clock.instant();
			this.request = null;
			Duration spacing = (held != null || !failure.isTransient())
					? spacing(MIN_SPACING, MAX_SPACING, this.failures)
					: spacing(MIN_TRANSIENT_SPACING, MAX_TRANSIENT_SPACING, this.failures);
			if (failure.getRetryAfter() != null && failure.getRetryAfter().compareTo(spacing) > 0) {
				spacing = failure.getRetryAfter();
			}
			this.noRequestBefore = now() + spacing.toNanos();
			if (held != null) {
				schedule(held, spacing);
			}
		}
		if (held != null) {
			// Logged, because callers get the token that is still valid and not this
			// failure
			logger.warn(
					"The token for Hopper could not be renewed and is used until it expires: " + failure.getMessage());
		}
		else {
			logger.debug("Signing in to Hopper failed: " + failure.getMessage());
		}
		notifyListener(failure);
	}

	private void notifyListener(@Nullable TokenRequestException failure) {
		try {
			this.listener.accept(failure);
		}
		catch (Throwable ex) {
			logger.debug("A listener failed", ex);
		}
	}

	/**
	 * Renew a token ahead of its expiry if anybody has used it: identity providers meter
	 * tokens, so an idle application lets its token expire.
	 */
	private void schedule(Held held, Duration delay) {
		this.renewal.update(this.scheduler.schedule(() -> {
			if (held.used && usable() == held) {
				requestToken(held, Context.empty());
			}
		}, delay.toNanos(), TimeUnit.NANOSECONDS));
	}

	private Duration spacing(Duration minimum, Duration maximum, int failures) {
		double factor = Math.pow(2, Math.min(failures - 1, 20)) * (1 + JITTER * this.random.getAsDouble());
		double millis = Math.min((double) minimum.toMillis() * factor, (double) maximum.toMillis());
		return Duration.ofMillis((long) millis);
	}

	private long now() {
		return SchedulerClock.nanoTime(this.scheduler);
	}

	/**
	 * A token at hand.
	 */
	private final class Held {

		private final AccessToken token;

		private final Mono<String> value;

		private final Instant issuedAt = ClientCredentialsTokenProvider.this.clock.instant();

		private final long issuedNanos = now();

		private final @Nullable Duration renewAfter;

		private final @Nullable Duration expireAfter;

		private volatile boolean used;

		Held(AccessToken token) {
			this.token = token;
			this.value = Mono.just(token.value());
			Duration lifetime = token.lifetime();
			if (lifetime == null) {
				this.renewAfter = null;
				this.expireAfter = null;
			}
			else {
				double random = ClientCredentialsTokenProvider.this.random.getAsDouble();
				this.renewAfter = part(lifetime, RENEW_AFTER - JITTER * random);
				Duration part = part(lifetime, EXPIRE_AFTER);
				Duration skewed = lifetime.minus(MAX_EXPIRY_SKEW);
				this.expireAfter = (part.compareTo(skewed) > 0) ? part : skewed;
			}
		}

		private static Duration part(Duration lifetime, double part) {
			return Duration.ofMillis((long) ((double) lifetime.toMillis() * part));
		}

		boolean isOlderThan(@Nullable Duration limit) {
			return limit != null && age().compareTo(limit) >= 0;
		}

		/**
		 * Return how old the token is, by whichever clock says more: the wall clock may
		 * be set back, and the monotonic one stands still while a machine is suspended.
		 */
		Duration age() {
			Duration wall = Duration.between(this.issuedAt, ClientCredentialsTokenProvider.this.clock.instant());
			Duration monotonic = Duration.ofNanos(now() - this.issuedNanos);
			return (wall.compareTo(monotonic) > 0) ? wall : monotonic;
		}

	}

}
