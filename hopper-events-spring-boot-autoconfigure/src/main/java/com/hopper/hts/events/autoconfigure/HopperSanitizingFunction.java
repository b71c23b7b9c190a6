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
package com.hopper.hts.events.autoconfigure;

import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

import org.springframework.boot.actuate.endpoint.SanitizableData;
import org.springframework.boot.actuate.endpoint.SanitizingFunction;

/**
 * {@link SanitizingFunction} that keeps our secrets out of actuator endpoints even where
 * the application shows values.
 */
class HopperSanitizingFunction implements SanitizingFunction {

	private static final Set<String> SECRETS = Set.of("hopperauthtoken", "hopperauthclientsecret",
			"hopperclientproxypassword");

	/**
	 * Keys whose value contains many properties, such as a command line.
	 */
	private static final Pattern COLLECTIONS = Pattern
		.compile("springapplicationjson|sunjavacommand|.*(opts|options|args)");

	@Override
	public SanitizableData apply(SanitizableData data) {
		// Reduces all ways to write a property, environment variables among them, to one
		String key = data.getKey().toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]", "");
		boolean secret = SECRETS.contains(key) || key.startsWith("hopperheaders") || key.startsWith("hopperauthheaders")
				|| (COLLECTIONS.matcher(key).matches() && String.valueOf(data.getValue()).contains("hopper"));
		return secret ? data.withSanitizedValue() : data;
	}

}
