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
public record Device(Device.Type type, String id, @Nullable Platform platform, @Nullable String uiTheme,
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
	public Device(Device.Type type, String id) {
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

	private static void requireName(boolean required, @Nullable String name) {
		Assert.isTrue((name != null && !name.isBlank()) == required && (required || name == null),
				required ? "'name' must not be empty for a type that is none of the known ones"
						: "'name' must be null, as the type says it already");
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

	/**
	 * What the customer's device runs, the API's {@code platform}.
	 *
	 * @param type whether the airline's app or its web site is used
	 * @param operatingSystem the operating system, or {@code null} if not known
	 * @param browser the browser, for web sites only, or {@code null} if not known
	 */
	public record Platform(Platform.Type type, @Nullable OperatingSystem operatingSystem, @Nullable Browser browser) {

		/**
		 * Create an instance.
		 * @param type whether the airline's app or its web site is used
		 * @param operatingSystem the operating system, or {@code null}
		 * @param browser the browser, or {@code null}
		 */
		public Platform {
			Assert.notNull(type, "'type' must not be null");
			Assert.isTrue(type == Platform.Type.WEB || browser == null,
					"'browser' must be null for an app, which has none");
		}

		/**
		 * Create the platform of an app.
		 * @param operatingSystem the operating system, or {@code null} if not known
		 * @return the platform
		 */
		public static Platform app(@Nullable OperatingSystem operatingSystem) {
			return new Platform(Platform.Type.APP, operatingSystem, null);
		}

		/**
		 * Create the platform of a web site.
		 * @param operatingSystem the operating system, or {@code null} if not known
		 * @param browser the browser, or {@code null} if not known
		 * @return the platform
		 */
		public static Platform web(@Nullable OperatingSystem operatingSystem, @Nullable Browser browser) {
			return new Platform(Platform.Type.WEB, operatingSystem, browser);
		}

		/**
		 * Kinds of platform.
		 */
		public enum Type {

			/**
			 * An app: {@code app}.
			 */
			APP,

			/**
			 * A web site: {@code web}.
			 */
			WEB

		}

	}

	/**
	 * An operating system, the API's {@code operating_system}.
	 *
	 * @param type the kind of operating system
	 * @param name the name, for {@link Family#OTHER_OS} and no other
	 * @param version the version, or {@code null} if not known
	 */
	public record OperatingSystem(Family type, @Nullable String name, @Nullable String version) {

		/**
		 * Create an instance.
		 * @param type the kind of operating system
		 * @param name the name, for {@link Family#OTHER_OS} and no other
		 * @param version the version, or {@code null}
		 */
		public OperatingSystem {
			Assert.notNull(type, "'type' must not be null");
			requireName(type == Family.OTHER_OS, name);
		}

		/**
		 * Create one that the API knows by name.
		 * @param type the kind of operating system
		 * @param version the version, or {@code null} if not known
		 */
		public OperatingSystem(Family type, @Nullable String version) {
			this(type, null, version);
		}

		/**
		 * Kinds of operating system, named as the API does.
		 */
		public enum Family {

			/**
			 * Android: {@code android}.
			 */
			ANDROID,

			/**
			 * Chrome OS: {@code chrome_os}.
			 */
			CHROME_OS,

			/**
			 * The iOS of Apple: {@code i_os}.
			 */
			I_OS,

			/**
			 * Linux: {@code linux}.
			 */
			LINUX,

			/**
			 * The macOS of Apple: {@code mac_os}.
			 */
			MAC_OS,

			/**
			 * Windows: {@code windows}.
			 */
			WINDOWS,

			/**
			 * Any other, which has a name: {@code other_os}.
			 */
			OTHER_OS

		}

	}

	/**
	 * A browser, the API's {@code browser}.
	 *
	 * @param type the kind of browser
	 * @param name the name, for {@link Brand#OTHER_BROWSER} and no other
	 * @param version the version, or {@code null} if not known
	 */
	public record Browser(Brand type, @Nullable String name, @Nullable String version) {

		/**
		 * Create an instance.
		 * @param type the kind of browser
		 * @param name the name, for {@link Brand#OTHER_BROWSER} and no other
		 * @param version the version, or {@code null}
		 */
		public Browser {
			Assert.notNull(type, "'type' must not be null");
			requireName(type == Brand.OTHER_BROWSER, name);
		}

		/**
		 * Create one that the API knows by name.
		 * @param type the kind of browser
		 * @param version the version, or {@code null} if not known
		 */
		public Browser(Brand type, @Nullable String version) {
			this(type, null, version);
		}

		/**
		 * Kinds of browser, named as the API does.
		 */
		public enum Brand {

			/**
			 * Chrome: {@code chrome}.
			 */
			CHROME,

			/**
			 * Edge: {@code edge}.
			 */
			EDGE,

			/**
			 * Firefox: {@code firefox}.
			 */
			FIREFOX,

			/**
			 * Internet Explorer: {@code internet_explorer}.
			 */
			INTERNET_EXPLORER,

			/**
			 * Opera: {@code opera}.
			 */
			OPERA,

			/**
			 * Safari: {@code safari}.
			 */
			SAFARI,

			/**
			 * Any other, which has a name: {@code other_browser}.
			 */
			OTHER_BROWSER

		}

	}

}
