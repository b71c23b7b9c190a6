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
package com.hopper.hts.events;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;

/**
 * What became of one event of {@link EventPublisher#publishAll}: either a receipt or an
 * error. As JSON it contains what these two say and nothing else of the event.
 *
 * @param sessionEvent the very instance that was given to the publisher
 * @param receipt the receipt, or {@code null} if the event was not delivered
 * @param error why the event was not delivered, or {@code null} if it was
 * @since 0.1.0
 */
@JsonIgnoreProperties("sessionEvent")
public record EventResult(SessionEvent sessionEvent, @Nullable EventReceipt receipt,
		@Nullable HopperApiException error) {

	/**
	 * Create an instance.
	 * @param sessionEvent the event with its session
	 * @param receipt the receipt, or {@code null}
	 * @param error the error, or {@code null}
	 */
	public EventResult {
		Assert.notNull(sessionEvent, "'sessionEvent' must not be null");
		Assert.isTrue((receipt == null) != (error == null), "Either 'receipt' or 'error' must be set");
	}

	/**
	 * Return whether the API has taken the event.
	 * @return whether there is a receipt of a delivered event
	 */
	public boolean delivered() {
		return this.receipt != null && this.receipt.delivered();
	}

}
