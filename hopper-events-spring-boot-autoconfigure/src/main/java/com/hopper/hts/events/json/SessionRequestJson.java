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

import java.io.ByteArrayOutputStream;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;

import com.hopper.hts.events.HopperApiException;
import com.hopper.hts.events.session.Device;
import com.hopper.hts.events.session.SessionRequest;
import com.hopper.hts.events.session.UserInfo;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/**
 * Turns requests for sessions into the JSON of {@code POST /sessions}, by the rules of
 * {@link EventJson}.
 */
final class SessionRequestJson {

	private static final JsonFactory FACTORY = new JsonFactory();

	private SessionRequestJson() {
	}

	/**
	 * Check and write a request for a session.
	 * @throws HopperApiException.InvalidEvent if the API would refuse the request
	 */
	static byte[] write(SessionRequest request) {
		ByteArrayOutputStream out = new ByteArrayOutputStream(256);
		try (JsonGenerator json = FACTORY.createGenerator(ObjectWriteContext.empty(), out)) {
			json.writeStartObject();
			write(json, request);
			json.writeEndObject();
		}
		catch (RuntimeException ex) {
			String problem = (ex instanceof InvalidEventDataException) ? ex.getMessage()
					: "cannot be written as JSON (" + ex.getClass().getName() + ")";
			throw new HopperApiException.InvalidEvent(
					HopperApiException.Details.of("The request for a session " + problem + ". Nothing was sent."));
		}
		return out.toByteArray();
	}

	private static void write(JsonGenerator json, SessionRequest request) {
		Set<String> written = new HashSet<>(Set.of("flow_type", "point_of_sale", "language"));
		writeConstant(json, "flow_type", request.flowType());
		writeText(json, "point_of_sale", request.pointOfSale());
		writeText(json, "language", request.language());
		if (request.product() != null) {
			writeConstant(json, "product", request.product());
			written.add("product");
		}
		if (request.sessionId() != null) {
			writeText(json, "session_id", request.sessionId());
			written.add("session_id");
		}
		if (request.userInfo() != null) {
			writeUserInfo(json, request.userInfo());
			written.add("user_info");
		}
		if (request.device() != null) {
			writeDevice(json, request.device());
			written.add("device");
		}
		EventJson.writeAttributes(json, request.attributes(), written, "the methods of SessionRequest");
	}

	private static void writeUserInfo(JsonGenerator json, UserInfo userInfo) {
		json.writeObjectPropertyStart("user_info");
		writeText(json, "airline_user_id", userInfo.airlineUserId());
		if (userInfo.createdDateTime() != null) {
			writeText(json, "created_date_time", EventJson.time("createdDateTime", userInfo.createdDateTime()));
		}
		if (userInfo.previousBookings() != null) {
			json.writeNumberProperty("previous_bookings", userInfo.previousBookings());
		}
		json.writeEndObject();
	}

	private static void writeDevice(JsonGenerator json, Device device) {
		json.writeObjectPropertyStart("device");
		writeConstant(json, "type", device.type());
		writeText(json, "id", device.id());
		writeText(json, "ui_theme", device.uiTheme());
		writeText(json, "release_build", device.releaseBuild());
		Device.Platform platform = device.platform();
		if (platform != null) {
			json.writeObjectPropertyStart("platform");
			writeConstant(json, "type", platform.type());
			Device.OperatingSystem operatingSystem = platform.operatingSystem();
			if (operatingSystem != null) {
				writeSoftware(json, "operating_system", operatingSystem.type(), operatingSystem.name(),
						operatingSystem.version());
			}
			Device.Browser browser = platform.browser();
			if (browser != null) {
				writeSoftware(json, "browser", browser.type(), browser.name(), browser.version());
			}
			json.writeEndObject();
		}
		json.writeEndObject();
	}

	private static void writeSoftware(JsonGenerator json, String field, Enum<?> type, @Nullable String name,
			@Nullable String version) {
		json.writeObjectPropertyStart(field);
		writeConstant(json, "type", type);
		writeText(json, "name", name);
		writeText(json, "version", version);
		json.writeEndObject();
	}

	private static void writeConstant(JsonGenerator json, String name, Enum<?> constant) {
		json.writeStringProperty(name, constant.name().toLowerCase(Locale.ROOT));
	}

	private static void writeText(JsonGenerator json, String name, @Nullable String value) {
		if (value != null) {
			json.writeStringProperty(name, EventJson.wellFormed(value));
		}
	}

}
