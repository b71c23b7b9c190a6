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
package com.hopper.hts.events.session.web;

import org.springframework.aop.framework.AopInfrastructureBean;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Configuration properties for the current session.
 *
 * @param learn Whether calls of the API put the session that they are answered with into
 * the current HopperSessionContext, and send the session that is known there.
 * @param store Where the session is kept between the requests of a customer.
 */
@ConfigurationProperties("hopper.session")
record HopperSessionProperties(@DefaultValue("true") boolean learn,
		@DefaultValue("none") Store store) implements AopInfrastructureBean {

	/**
	 * Where the session is kept between the requests of a customer.
	 */
	enum Store {

		/**
		 * Nowhere, unless the application does it.
		 */
		NONE,

		/**
		 * In the HTTP session of a servlet application, or the web session of a reactive
		 * one.
		 */
		HTTP_SESSION

	}

}
