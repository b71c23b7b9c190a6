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

import java.time.Duration;

import reactor.core.scheduler.Scheduler;

import org.springframework.aop.framework.AopInfrastructureBean;

/**
 * Creates the store of one kind of outbox. Which one is asked is decided when the
 * application runs, and not when it is built ahead of time. Advice that is meant for
 * everything of ours passes by.
 *
 * @since 0.1.0
 */
public interface EventStoreFactory extends AopInfrastructureBean {

	/**
	 * Return the kind of outbox.
	 * @return the value of {@code hopper.outbox.type}, for example {@code memory}
	 */
	String type();

	/**
	 * Create a store. What it stands on, such as a data source, is looked up when it
	 * starts or is first used.
	 * @param settings what all stores have in common
	 * @return the store, not open
	 */
	EventStore create(Settings settings);

	/**
	 * What all stores have in common.
	 *
	 * @param scheduler what waits and says what time it is
	 * @param maxAge the time after which an event that keeps failing is given up
	 * @param shutdownTimeout how long the end of the application waits
	 */
	record Settings(Scheduler scheduler, Duration maxAge, Duration shutdownTimeout) {

	}

}
