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
 * The customer's device, the API's {@code device}.
 *
 * @param type the kind of device
 * @param id the airline's id of the device
 * @since 0.1.0
 */
public record Device(Type type, String id) {

	/**
	 * Create an instance.
	 * @param type the kind of device
	 * @param id the airline's id of the device
	 */
	public Device {
		Assert.notNull(type, "'type' must not be null");
		Assert.hasText(id, "'id' must not be empty");
	}

	/**
	 * Return a description for logs, without the id.
	 */
	@Override
	public String toString() {
		return "Device[type=" + this.type + "]";
	}

	/**
	 * Kinds of device.
	 */
	public enum Type {

		/**
		 * A desktop computer: {@code desktop}.
		 */
		DESKTOP,

		/**
		 * A mobile phone: {@code mobile}.
		 */
		MOBILE,

		/**
		 * A tablet: {@code tablet}.
		 */
		TABLET

	}

}
