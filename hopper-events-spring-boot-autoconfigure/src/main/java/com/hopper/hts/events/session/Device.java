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

import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;

/**
 * The customer's device, the API's {@code device}.
 *
 * @param type the kind of device
 * @param id the airline's id of the device
 * @param platform what the device runs, or {@code null} if not known
 * @param uiTheme the theme of the user interface, or {@code null} if not known
 * @param releaseBuild the build of the app or web site, or {@code null} if not known
 * @since 0.1.0
 */
public record Device(Type type, String id, @Nullable Platform platform, @Nullable String uiTheme,
		@Nullable String releaseBuild) {

	/**
	 * Create an instance.
	 * @param type the kind of device
	 * @param id the airline's id of the device
	 * @param platform what the device runs, or {@code null}
	 * @param uiTheme the theme of the user interface, or {@code null}
	 * @param releaseBuild the build of the app or web site, or {@code null}
	 */
	public Device {
		Assert.notNull(type, "'type' must not be null");
		Assert.hasText(id, "'id' must not be empty");
	}

	/**
	 * Create an instance of what is always known.
	 * @param type the kind of device
	 * @param id the airline's id of the device
	 */
	public Device(Type type, String id) {
		this(type, id, null, null, null);
	}

	/**
	 * Set what the device runs.
	 * @param platform the platform, or {@code null} if not known
	 * @return a copy with that platform
	 */
	public Device withPlatform(@Nullable Platform platform) {
		return new Device(this.type, this.id, platform, this.uiTheme, this.releaseBuild);
	}

	/**
	 * Set the theme of the user interface.
	 * @param uiTheme the theme, for example {@code dark}, or {@code null} if not known
	 * @return a copy with that theme
	 */
	public Device withUiTheme(@Nullable String uiTheme) {
		return new Device(this.type, this.id, this.platform, uiTheme, this.releaseBuild);
	}

	/**
	 * Set the build of the app or web site.
	 * @param releaseBuild the build, or {@code null} if not known
	 * @return a copy with that build
	 */
	public Device withReleaseBuild(@Nullable String releaseBuild) {
		return new Device(this.type, this.id, this.platform, this.uiTheme, releaseBuild);
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
