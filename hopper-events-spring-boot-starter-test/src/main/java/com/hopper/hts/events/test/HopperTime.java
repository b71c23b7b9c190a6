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
package com.hopper.hts.events.test;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

import com.hopper.hts.events.auth.BearerTokenProvider;
import com.hopper.hts.events.auth.RotatingTokenProvider;
import com.hopper.hts.events.http.HopperWebClientCustomizer;
import com.hopper.hts.events.outbox.EventOutboxOperations;
import com.hopper.hts.events.outbox.EventOutboxState;
import com.hopper.hts.events.time.SchedulerClock;
import org.jspecify.annotations.Nullable;
import reactor.core.scheduler.Scheduler;

import org.springframework.beans.factory.DisposableBean;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.util.Assert;

/**
 * The time of everything that the starter waits for. It stands still until a test
 * {@link #advanceBy advances} it, so that hours take milliseconds. Import it:
 *
 * <pre class="code">
 * &#064;SpringBootTest
 * &#064;Import({ FakeHopperApiConfiguration.class, HopperTime.class })
 * class BookingTests {
 * </pre>
 *
 * It measures:
 * <ul>
 * <li>retries and {@code Retry-After}, timeouts of requests, and the expiry of
 * tokens,</li>
 * <li>backoff, pauses and maximum age of the outbox in memory and in a database,</li>
 * <li>latency, delays and tokens of the {@link FakeHopperApi}.</li>
 * </ul>
 * It does not measure:
 * <ul>
 * <li>the application's own code,</li>
 * <li>{@code hopper.client.connect-timeout} and {@code read-timeout},</li>
 * <li>{@link com.hopper.hts.events.EventOutbox#flush(Duration) flush},</li>
 * <li>how often the outbox in a database polls,</li>
 * <li>Kafka, whose consumers poll in real time for events that are due by this time.</li>
 * </ul>
 * Make a call that blocks until a retry, such as
 * {@link com.hopper.hts.events.EventPublisher#publishAndWait publishAndWait}, on another
 * thread than the one that advances the time. If the call waits for two real seconds
 * while the time stands still, the log says what it waits for.
 *
 * @since 0.1.0
 */
@Configuration(proxyBeanMethods = false)
public final class HopperTime implements SmartInitializingSingleton, DisposableBean {

	private static final String TOKEN_PROVIDER = "hopperBearerTokenProvider";

	private final SteppedScheduler scheduler = new SteppedScheduler();

	private final Clock clock = SchedulerClock.of(this.scheduler);

	private final BlockedCallers blockedCallers = new BlockedCallers(this.scheduler, this::awaited);

	private final Exchanges exchanges = new Exchanges(this.blockedCallers::call);

	private final Object turning = new Object();

	/**
	 * How long to wait, in real time, for the application to come to rest.
	 */
	private Duration settleTimeout = Duration.ofSeconds(10);

	private final ConfigurableListableBeanFactory beanFactory;

	private volatile List<FakeHopperApi> apis = List.of();

	private volatile List<EventOutboxOperations> outboxes = List.of();

	HopperTime(ConfigurableListableBeanFactory beanFactory) {
		this.beanFactory = beanFactory;
	}

	/**
	 * Return the current time.
	 * @return the time, which begins with that of the system
	 */
	public Instant now() {
		return this.clock.instant();
	}

	/**
	 * Let time pass. Tasks that become due run one after the other, each at its own time.
	 * No time passes while requests are in flight: the method waits for the application
	 * to come to rest first, after each task, and at the end. Requests that the
	 * {@link FakeHopperApi} answers late or {@link FakeHopperApi#hold() holds} do not
	 * count as in flight.
	 * @param duration how much time passes
	 * @throws AssertionError if the application does not come to rest within ten seconds
	 */
	public void advanceBy(Duration duration) {
		Assert.isTrue(!duration.isNegative(), "'duration' must not be negative");
		synchronized (this.turning) {
			long until = this.scheduler.nanos() + duration.toNanos();
			settle();
			while (this.scheduler.runNext(until)) {
				settle();
			}
			this.scheduler.turnTo(until);
			settle();
		}
	}

	void settleTimeout(Duration settleTimeout) {
		this.settleTimeout = settleTimeout;
	}

	private void settle() {
		long start = System.nanoTime();
		long pause = 20_000;
		int quiet = 0;
		while (quiet < 2) {
			// Twice, because an event may be between the outbox and a request
			quiet = isAtRest() ? quiet + 1 : 0;
			if (quiet == 0) {
				if (System.nanoTime() - start > this.settleTimeout.toNanos()) {
					throw new AssertionError(("No time can pass because the application is still at work after %s: "
							+ "requests that are not answered: %s, stored events that are being sent: %s")
						.formatted(Descriptions.time(this.settleTimeout), this.exchanges.count(), inProgress()));
				}
				LockSupport.parkNanos(pause);
				pause = Math.min(pause * 2, TimeUnit.MILLISECONDS.toNanos(2));
			}
		}
	}

	private boolean isAtRest() {
		return !this.scheduler.isBusy() && !isMoving() && inProgress() <= this.exchanges.count();
	}

	/**
	 * Return what the requests in flight wait for: an empty text if there is no request,
	 * {@code null} if one of them will end without the time.
	 */
	private @Nullable String awaited() {
		if (this.exchanges.count() == 0) {
			return "";
		}
		return isMoving() ? null : "an answer that the FakeHopperApi holds or gives late by";
	}

	/**
	 * Return whether a request, one for a token included, ends without the time.
	 */
	private boolean isMoving() {
		Map<Integer, Fault.Endpoint> waiting = new HashMap<>();
		this.apis.forEach((api) -> waiting.putAll(api.waitingClients()));
		RotatingTokenProvider.State signIn = signIn();
		boolean signingIn = signIn != null && signIn.requesting();
		boolean late = signingIn && waiting.containsValue(Fault.Endpoint.SIGN_IN);
		boolean tokenAwaited = late && signIn != null && !signIn.valid();
		return (signingIn && !late) || this.exchanges.moving(waiting.keySet(), tokenAwaited) > 0;
	}

	private RotatingTokenProvider.@Nullable State signIn() {
		// A bean that was not created yet does not sign in
		if (this.beanFactory.containsSingleton(TOKEN_PROVIDER) && this.beanFactory.getBean(TOKEN_PROVIDER,
				BearerTokenProvider.class) instanceof RotatingTokenProvider provider) {
			return provider.state();
		}
		return null;
	}

	private int inProgress() {
		int sum = 0;
		for (EventOutboxOperations outbox : this.outboxes) {
			EventOutboxState state = outbox.state();
			// A mock has no state
			sum += (state != null) ? state.inProgress() : 0;
		}
		return sum;
	}

	@Bean(defaultCandidate = false)
	@Qualifier("hopperScheduler")
	Scheduler hopperScheduler() {
		return this.scheduler;
	}

	@Bean
	@Order(Ordered.LOWEST_PRECEDENCE)
	HopperWebClientCustomizer hopperTimeWebClientCustomizer() {
		// The first filter is around all others
		return (builder) -> builder.filters((filters) -> filters.add(0, this.exchanges));
	}

	@Override
	public void afterSingletonsInstantiated() {
		this.apis = List.copyOf(this.beanFactory.getBeansOfType(FakeHopperApi.class).values());
		this.outboxes = List.copyOf(this.beanFactory.getBeansOfType(EventOutboxOperations.class).values());
		this.apis.forEach((api) -> api.useTimeOf(this.scheduler));
	}

	@Override
	public void destroy() {
		this.blockedCallers.stop();
		this.scheduler.dispose();
	}

}
