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
package com.hopper.hts.events.http;

import java.time.Duration;

import com.hopper.hts.events.EventReceipt;
import com.hopper.hts.events.HopperApiException;
import com.hopper.hts.events.observation.EventPublishMetrics;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Keeps failures of {@link EventPublishMetrics}, of a filter of the application's meter
 * registry for example, away from the events.
 */
final class GuardedMetrics implements EventPublishMetrics {

	private static final Log logger = LogFactory.getLog(GuardedMetrics.class);

	private final EventPublishMetrics delegate;

	GuardedMetrics(EventPublishMetrics delegate) {
		this.delegate = delegate;
	}

	@Override
	public void started() {
		guard(this.delegate::started);
	}

	@Override
	public void retrying(String eventType, String reason) {
		guard(() -> this.delegate.retrying(eventType, reason));
	}

	@Override
	public void deliveryUnknown(String eventType) {
		guard(() -> this.delegate.deliveryUnknown(eventType));
	}

	@Override
	public void finished(String eventType, int attempts, @Nullable EventReceipt receipt,
			@Nullable HopperApiException exception, Duration elapsed) {
		guard(() -> this.delegate.finished(eventType, attempts, receipt, exception, elapsed));
	}

	private static void guard(Runnable call) {
		try {
			call.run();
		}
		catch (RuntimeException ex) {
			logger.debug("An event could not be counted", ex);
		}
	}

}
