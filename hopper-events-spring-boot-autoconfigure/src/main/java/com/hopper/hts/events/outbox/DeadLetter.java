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

import java.time.Instant;

import org.springframework.util.Assert;

/**
 * An event that was given up and waits for a person to replay or discard it.
 *
 * @param event the event, with the latest failures
 * @param reason why it was given up
 * @param deadSince when it was given up
 * @since 0.1.0
 */
public record DeadLetter(StoredEvent event, DeadLetterReason reason, Instant deadSince) {

	/**
	 * Create an instance.
	 * @param event the event
	 * @param reason why it was given up
	 * @param deadSince when it was given up
	 */
	public DeadLetter {
		Assert.notNull(event, "'event' must not be null");
		Assert.notNull(reason, "'reason' must not be null");
		Assert.notNull(deadSince, "'deadSince' must not be null");
	}

}
