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
package com.hopper.hts.events.json;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import com.hopper.hts.events.HopperApiException;
import com.hopper.hts.events.session.Device;
import com.hopper.hts.events.session.Device.Browser;
import com.hopper.hts.events.session.Device.OperatingSystem;
import com.hopper.hts.events.session.Device.Platform;
import com.hopper.hts.events.session.SessionRequest;
import com.hopper.hts.events.session.UserInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.junit.jupiter.params.provider.Arguments.arguments;

class SessionRequestJsonTests {

	private static final SessionRequest REQUEST = SessionRequest.purchase("US", "en");

	private static final Device DEVICE = new Device(Device.Type.MOBILE, "d1");

	@ParameterizedTest
	@MethodSource("refused")
	void whatTheApiWouldRefuseIsRefusedAsInEvents(SessionRequest request, String problem) {
		assertThatExceptionOfType(HopperApiException.InvalidEvent.class)
			.isThrownBy(() -> SessionRequestJson.write(request))
			.withMessageStartingWith("The request for a session ")
			.withMessageContaining(problem)
			.withMessageEndingWith("Nothing was sent.");
	}

	static Stream<Arguments> refused() {
		String broken = "a\ud800b";
		return Stream.of(
				arguments(REQUEST.withUserInfo(new UserInfo("u", Instant.parse("+10000-01-01T00:00:00Z"), 1)),
						"'createdDateTime' outside the years 0 to 9999"),
				arguments(REQUEST.withUserInfo(new UserInfo("u", Instant.MIN, 1)), "'createdDateTime'"),
				arguments(REQUEST.withUserInfo(new UserInfo(broken, null, 1)), "unpaired surrogate"),
				arguments(REQUEST.withDevice(new Device(Device.Type.TABLET, broken)), "unpaired surrogate"),
				arguments(REQUEST.withDevice(DEVICE.withUiTheme(broken)), "unpaired surrogate"),
				arguments(REQUEST.withDevice(DEVICE.withReleaseBuild(broken)), "unpaired surrogate"),
				arguments(
						REQUEST.withDevice(DEVICE
							.withPlatform(Platform.app(new OperatingSystem(OperatingSystem.Family.I_OS, broken)))),
						"unpaired surrogate"),
				arguments(REQUEST.withAttribute("campaign", Arrays.asList("a", null)), "element 2 of 2"),
				arguments(REQUEST.withAttribute("campaign", broken), "unpaired surrogate"),
				arguments(REQUEST.withAttribute(" ", 1), "blank name"),
				arguments(REQUEST.withAttribute("language", "es"), "'language'"),
				arguments(REQUEST.withDevice(DEVICE).withAttribute("device", Map.of()), "'device'"));
	}

	@Test
	void deviceHasPlatformThemeAndBuild() {
		Platform web = Platform.web(new OperatingSystem(OperatingSystem.Family.OTHER_OS, "Haiku", "R1"),
				new Browser(Browser.Brand.FIREFOX, "140"));
		assertThat(json(REQUEST.withDevice(DEVICE.withPlatform(web).withUiTheme("dark").withReleaseBuild("7.1"))))
			.endsWith("\"device\":{\"type\":\"mobile\",\"id\":\"d1\",\"ui_theme\":\"dark\",\"release_build\":\"7.1\","
					+ "\"platform\":{\"type\":\"web\","
					+ "\"operating_system\":{\"type\":\"other_os\",\"name\":\"Haiku\",\"version\":\"R1\"},"
					+ "\"browser\":{\"type\":\"firefox\",\"version\":\"140\"}}}}");
		assertThat(json(REQUEST.withDevice(DEVICE.withPlatform(Platform.app(null)))))
			.endsWith("\"platform\":{\"type\":\"app\"}}}");
	}

	@Test
	void combinationsThatTheApiDoesNotKnowAreRefusedWhereTheyAreMade() {
		assertThatIllegalArgumentException()
			.isThrownBy(() -> new Platform(Platform.Type.APP, null, new Browser(Browser.Brand.SAFARI, null)));
		assertThatIllegalArgumentException().isThrownBy(() -> new Browser(Browser.Brand.OTHER_BROWSER, "1"));
		assertThatIllegalArgumentException()
			.isThrownBy(() -> new OperatingSystem(OperatingSystem.Family.LINUX, "x", "1"));
	}

	@Test
	void attributesThatTheApiAddsLaterAreSent() {
		assertThat(json(REQUEST.withAttribute("b", List.of(1)).withAttribute("a", "x").withAttribute("gone", null)))
			.endsWith("\"language\":\"en\",\"a\":\"x\",\"b\":[1]}");
		assertThat(json(REQUEST.withAttribute("device", Map.of("type", "watch")))).contains("\"watch\"");
	}

	private static String json(SessionRequest request) {
		return new String(SessionRequestJson.write(request), StandardCharsets.UTF_8);
	}

}
