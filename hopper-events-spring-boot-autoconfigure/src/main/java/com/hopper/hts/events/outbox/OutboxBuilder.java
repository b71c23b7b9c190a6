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
package com.hopper.hts.events.outbox;

import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.DoubleSupplier;
import java.util.function.Supplier;

import com.hopper.hts.events.EventPublisher;
import com.hopper.hts.events.http.EventSender;
import io.micrometer.observation.ObservationRegistry;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

import org.springframework.util.Assert;

/**
 * What the builders of all engines share. Instances are not safe for use by several
 * threads.
 *
 * @param <B> the type of the builder
 * @since 0.1.0
 */
public abstract class OutboxBuilder<B extends OutboxBuilder<B>> {

	final EventSender sender;

	RelayPolicy policy = RelayPolicy.defaults();

	boolean requireSession;

	List<EventDeliveryListener> listeners = List.of();

	ObservationRegistry observationRegistry = ObservationRegistry.NOOP;

	Supplier<Boolean> reactiveTransactions = () -> false;

	Scheduler scheduler = Schedulers.parallel();

	DoubleSupplier random = () -> ThreadLocalRandom.current().nextDouble();

	OutboxBuilder(EventPublisher publisher) {
		Assert.notNull(publisher, "'publisher' must not be null");
		// The relay waits between attempts itself, and exactly as long as the API asks
		this.sender = EventSender.of(publisher);
	}

	/**
	 * Set how events are delivered.
	 * @param policy the policy
	 * @return this builder
	 */
	public B policy(RelayPolicy policy) {
		Assert.notNull(policy, "'policy' must not be null");
		this.policy = policy;
		return self();
	}

	/**
	 * Set whether events without a session id are refused.
	 * @param requireSession whether every event needs a session id
	 * @return this builder
	 */
	public B requireSession(boolean requireSession) {
		this.requireSession = requireSession;
		return self();
	}

	/**
	 * Set who hears what becomes of events.
	 * @param listeners the listeners, in the order in which they are called
	 * @return this builder
	 */
	public B listeners(List<EventDeliveryListener> listeners) {
		this.listeners = List.copyOf(listeners);
		return self();
	}

	/**
	 * Set where storing and delivering is observed.
	 * @param observationRegistry the registry
	 * @return this builder
	 */
	public B observation(ObservationRegistry observationRegistry) {
		this.observationRegistry = observationRegistry;
		return self();
	}

	/**
	 * Set whether the application has reactive transactions, which a call that does not
	 * return a {@code Mono} cannot see.
	 * @param reactiveTransactions is asked once, when the first event is stored
	 * @return this builder
	 */
	public B reactiveTransactions(Supplier<Boolean> reactiveTransactions) {
		this.reactiveTransactions = reactiveTransactions;
		return self();
	}

	/**
	 * Set what waits and says what time it is. It is for tests, which turn the time of a
	 * scheduler of their own.
	 * @param scheduler the scheduler, {@link Schedulers#parallel()} and the time of the
	 * system by default
	 * @return this builder
	 */
	public B scheduler(Scheduler scheduler) {
		Assert.notNull(scheduler, "'scheduler' must not be null");
		this.scheduler = scheduler;
		return self();
	}

	B random(DoubleSupplier random) {
		this.random = random;
		return self();
	}

	/**
	 * Take what all outboxes have in common.
	 * @param settings the settings
	 * @return this builder
	 */
	public B settings(Settings settings) {
		return policy(settings.policy()).requireSession(settings.requireSession())
			.listeners(settings.listeners())
			.observation(settings.observationRegistry())
			.reactiveTransactions(settings.reactiveTransactions())
			.scheduler(settings.scheduler());
	}

	@SuppressWarnings("unchecked")
	private B self() {
		return (B) this;
	}

	/**
	 * What all outboxes have in common.
	 *
	 * @param policy how events are delivered
	 * @param requireSession whether every event needs a session id
	 * @param listeners who hears what becomes of events, in order
	 * @param observationRegistry where storing and delivering is observed
	 * @param reactiveTransactions whether the application has reactive transactions
	 * @param scheduler what waits and says what time it is
	 */
	public record Settings(RelayPolicy policy, boolean requireSession, List<EventDeliveryListener> listeners,
			ObservationRegistry observationRegistry, Supplier<Boolean> reactiveTransactions, Scheduler scheduler) {

	}

}
