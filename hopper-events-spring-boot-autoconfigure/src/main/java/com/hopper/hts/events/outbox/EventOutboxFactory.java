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

import com.hopper.hts.events.EventPublisher;

/**
 * Makes outboxes of one kind. There is one bean of this type for each engine whose
 * libraries are on the class path; {@code hopper.outbox.type} says which one is asked.
 *
 * @since 0.1.0
 */
public interface EventOutboxFactory {

	/**
	 * Return the kind of outbox.
	 * @return the value of {@code hopper.outbox.type}, for example {@code memory}
	 */
	String type();

	/**
	 * Make an outbox. What it stands on, such as a data source, is looked up when it
	 * starts or is first used.
	 * @param publisher what sends the events
	 * @param settings what all outboxes have in common
	 * @return the outbox, not started
	 */
	AbstractEventOutbox create(EventPublisher publisher, OutboxBuilder.Settings settings);

}
