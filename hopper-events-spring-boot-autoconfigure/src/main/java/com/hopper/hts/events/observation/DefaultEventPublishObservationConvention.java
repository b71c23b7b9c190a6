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

import com.hopper.hts.events.EventReceipt;
import com.hopper.hts.events.HopperApiException;
import com.hopper.hts.events.observation.HopperObservationDocumentation.HighCardinalityKeyNames;
import com.hopper.hts.events.observation.HopperObservationDocumentation.LowCardinalityKeyNames;
import io.micrometer.common.KeyValue;
import io.micrometer.common.KeyValues;

/**
 * Default {@link EventPublishObservationConvention}.
 *
 * @since 0.1.0
 */
public class DefaultEventPublishObservationConvention implements EventPublishObservationConvention {

	private static final KeyValue STATUS_NONE = KeyValue.of(LowCardinalityKeyNames.STATUS, "none");

	private static final KeyValue STATUS_NO_CONTENT = KeyValue.of(LowCardinalityKeyNames.STATUS, "204");

	/**
	 * Create an instance.
	 */
	public DefaultEventPublishObservationConvention() {
	}

	@Override
	public String getName() {
		return "hopper.events.publish";
	}

	@Override
	public String getContextualName(EventPublishObservationContext context) {
		return "hopper publish " + EventTags.type(context.getEventType());
	}

	@Override
	public KeyValues getLowCardinalityKeyValues(EventPublishObservationContext context) {
		return KeyValues.of(eventType(context), outcome(context), status(context));
	}

	@Override
	public KeyValues getHighCardinalityKeyValues(EventPublishObservationContext context) {
		return KeyValues.of(KeyValue.of(HighCardinalityKeyNames.ATTEMPTS, Integer.toString(attempts(context))),
				KeyValue.of(HighCardinalityKeyNames.SENT_TYPE, context.getEventType()));
	}

	/**
	 * Return the {@code event.type}.
	 * @param context the context
	 * @return the key value
	 */
	protected KeyValue eventType(EventPublishObservationContext context) {
		return KeyValue.of(LowCardinalityKeyNames.EVENT_TYPE, EventTags.type(context.getEventType()));
	}

	/**
	 * Return the {@code outcome}.
	 * @param context the context
	 * @return the key value
	 */
	protected KeyValue outcome(EventPublishObservationContext context) {
		return KeyValue.of(LowCardinalityKeyNames.OUTCOME,
				EventTags.outcome(context.getReceipt(), context.getApiException()));
	}

	/**
	 * Return the {@code status}.
	 * @param context the context
	 * @return the key value
	 */
	protected KeyValue status(EventPublishObservationContext context) {
		if (context.getReceipt() != null) {
			return STATUS_NO_CONTENT;
		}
		HopperApiException exception = context.getApiException();
		return (exception != null && exception.getStatusCode() != null)
				? KeyValue.of(LowCardinalityKeyNames.STATUS, Integer.toString(exception.getStatusCode().value()))
				: STATUS_NONE;
	}

	private int attempts(EventPublishObservationContext context) {
		EventReceipt receipt = context.getReceipt();
		HopperApiException exception = context.getApiException();
		return (receipt != null) ? receipt.attempts() : ((exception != null) ? exception.getAttempts() : 0);
	}

}
