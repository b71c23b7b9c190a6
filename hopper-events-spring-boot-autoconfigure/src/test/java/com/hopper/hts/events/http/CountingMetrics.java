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

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

import com.hopper.hts.events.EventReceipt;
import com.hopper.hts.events.HopperApiException;
import com.hopper.hts.events.observation.HopperMetrics;
import org.jspecify.annotations.Nullable;

/**
 * {@link HopperMetrics} that remembers what it was told.
 */
class CountingMetrics implements HopperMetrics {

	final List<String> retries = new CopyOnWriteArrayList<>();

	final List<String> unknown = new CopyOnWriteArrayList<>();

	final List<String> finished = new CopyOnWriteArrayList<>();

	@Override
	public void retrying(String eventType, String reason) {
		this.retries.add(reason);
	}

	@Override
	public void deliveryUnknown(String eventType) {
		this.unknown.add(eventType);
	}

	@Override
	public void finished(String eventType, int attempts, @Nullable EventReceipt receipt,
			@Nullable HopperApiException exception) {
		String outcome = (receipt != null) ? "delivered"
				: ((exception != null) ? exception.getClass().getSimpleName() : "cancelled");
		this.finished.add(eventType + " " + attempts + " " + outcome);
	}

}
