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

import org.springframework.aop.framework.AopInfrastructureBean;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Tracing.
 *
 * @param delivery What the delivery of a stored event is to the trace in which the event
 * was stored.
 */
@ConfigurationProperties("hopper.tracing")
record TracingProperties(@DefaultValue("link") Delivery delivery) implements AopInfrastructureBean {

	// Keeps advice on whole packages off: a record cannot be proxied with a subclass

	/**
	 * What a delivery is to the trace in which its event was stored.
	 */
	enum Delivery {

		/**
		 * Begins a trace of its own that is linked to the span of the store.
		 */
		LINK,

		/**
		 * Continues the trace as a child of the span of the store.
		 */
		PARENT

	}

}
