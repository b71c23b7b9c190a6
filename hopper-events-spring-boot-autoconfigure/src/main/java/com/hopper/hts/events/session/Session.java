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
package com.hopper.hts.events.session;

import org.springframework.util.Assert;

/**
 * A session that the API has created.
 *
 * @param id the id of the session, for
 * {@link com.hopper.hts.events.EventPublisher#publish(String, com.hopper.hts.events.HopperEvent)}
 * @since 0.1.0
 */
public record Session(String id) {

	/**
	 * Create an instance.
	 * @param id the id of the session
	 */
	public Session {
		Assert.hasText(id, "'id' must not be empty");
	}

	/**
	 * Return a description for logs, without the id.
	 */
	@Override
	public String toString() {
		return "Session[id=***]";
	}

}
