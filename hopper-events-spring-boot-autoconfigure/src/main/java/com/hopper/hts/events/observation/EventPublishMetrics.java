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
package com.hopper.hts.events.observation;

import java.time.Duration;

import com.hopper.hts.events.EventReceipt;
import com.hopper.hts.events.HopperApiException;
import org.jspecify.annotations.Nullable;

/**
 * What is measured besides observations. Implementations must be fast, must not block and
 * must not throw.
 *
 * @since 0.1.0
 * @see MicrometerEventPublishMetrics
 */
public interface EventPublishMetrics {

	/**
	 * Counts nothing.
	 */
	EventPublishMetrics NONE = new EventPublishMetrics() {
	};

	/**
	 * A publication has begun.
	 */
	default void started() {
	}

	/**
	 * An attempt is about to be repeated.
	 * @param eventType the type of the event
	 * @param reason the kind of failure, for example {@code server_error}
	 */
	default void retrying(String eventType, String reason) {
	}

	/**
	 * An attempt ended in a way that leaves open whether the event was counted.
	 * @param eventType the type of the event
	 */
	default void deliveryUnknown(String eventType) {
	}

	/**
	 * A publication is over.
	 * @param eventType the type of the event
	 * @param attempts how many requests were made
	 * @param receipt the receipt, or {@code null}
	 * @param exception the error, or {@code null}; both are {@code null} if the
	 * publication was cancelled
	 * @param elapsed the time since the publication began
	 */
	default void finished(String eventType, int attempts, @Nullable EventReceipt receipt,
			@Nullable HopperApiException exception, Duration elapsed) {
	}

	/**
	 * An event was dropped and never sent.
	 * @param eventType the type of the event
	 * @param reason why, for example {@code disabled}
	 */
	default void discarded(String eventType, String reason) {
	}

}
