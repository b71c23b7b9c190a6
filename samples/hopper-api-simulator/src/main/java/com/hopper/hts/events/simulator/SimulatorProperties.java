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
package com.hopper.hts.events.simulator;

import java.util.List;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Properties of the simulator.
 *
 * @param port Port to listen on, 0 for any that is free.
 * @param pathPrefix Path before '/events'.
 * @param tokens Bearer tokens to accept.
 * @param clientId Client id that '/auth' accepts.
 * @param clientSecret Client secret that '/auth' accepts.
 * @param requireSession Whether every event needs a session.
 * @param customEventTypes Additional event types to accept.
 */
@ConfigurationProperties("simulator")
record SimulatorProperties(@DefaultValue("8089") int port, @DefaultValue("/airline/v1.1") String pathPrefix,
		@DefaultValue("simulator-token") List<String> tokens, @DefaultValue("simulator-client") String clientId,
		@DefaultValue("simulator-secret") String clientSecret, @DefaultValue("false") boolean requireSession,
		@DefaultValue List<String> customEventTypes) {

	/**
	 * Return a description without secrets.
	 */
	@Override
	public String toString() {
		return "SimulatorProperties[port=" + this.port + ", pathPrefix=" + this.pathPrefix + "]";
	}

}
